import type { NodeMessage } from 'node-red';
import type { DeviceEvent } from '../../../driver/device/options';
import type { LinkEvent } from '../../../driver/link/options';
import type { DeviceHost } from '../device/device-host';
import { sentenceOf } from './node-error';
import type { Translate } from './translate';

/** An event of the driver's device, a change of its state or send queue, or its answer to a question. */
export interface DeviceChange {
  readonly event: DeviceEvent['event'] | 'state' | 'queue' | 'asked';
  readonly detail?: string;
  readonly error?: DeviceEvent['error'];
  /** How full the send queue is, 0 to 1. */
  readonly level?: number;
  /** The links in the device's answer. */
  readonly links?: readonly LinkEvent[];
}

/**
 * Writes a change of a device into a message: `payload` and `state` (the device's state), `event`, `device`
 * (its name); and, if known, `detail`, `error` (`code`, `message`), `level`, `links` (the states 0-4 of the
 * links 0, 1, 2) and `firmware` (the class A-D).
 */
export function withDeviceChange(
  translate: Translate,
  host: DeviceHost,
  { event, detail, error, level, links }: DeviceChange,
  msg: NodeMessage = {},
): NodeMessage {
  const { name } = host.status;
  for (const old of ['detail', 'error', 'level', 'links', 'firmware'])
    Reflect.deleteProperty(msg, old);
  return Object.assign(msg, {
    payload: name,
    state: name,
    event,
    device: host.label,
    ...(detail === undefined ? {} : { detail }),
    ...(error === undefined
      ? {}
      : { error: { code: error.code, message: sentenceOf(translate, error) } }),
    ...(level === undefined ? {} : { level }),
    ...(links === undefined ? {} : { links: links.map((link) => link.state) }),
    ...(host.capabilities === undefined ? {} : { firmware: host.capabilities.firmware }),
  });
}
