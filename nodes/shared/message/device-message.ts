import type { NodeMessage } from 'node-red';
import type { LinkStatus } from '../../../driver/device/options';
import type { DeviceStatistics } from '../../../driver/statistics/statistics';
import type { DeviceAction } from '../device/device-actions';
import type { FlowError } from '../errors/node-error';
import type { DeviceHost } from '../device/device-host';
import type { FlowDeviceEventName } from '../device/flow-events';
import { sentenceOf } from '../errors/sentence';
import type { Translate } from './translate';
import { changed } from './changed';

/** What ws-status tells of the device: an event, a change of its state or send queue, or an answer to an input. */
export interface DeviceReport {
  readonly event: FlowDeviceEventName | DeviceAction | 'state' | 'queue' | 'asked';
  readonly detail?: string;
  readonly command?: string;
  readonly error?: FlowError | undefined;
  /** How full the send queue is, 0 to 1. */
  readonly level?: number;
  /** The links, in an answer. */
  readonly links?: readonly LinkStatus[] | undefined;
  /** Becomes the `payload`, in place of the state. */
  readonly statistics?: DeviceStatistics;
}

/**
 * Writes a report of a device into a message: `payload` and `state` (the device's state; `payload` may be its
 * statistics), `event`, `device` (its name); and, if known, `detail`, `command`, `error` (`code`, `message`), `level`,
 * `links` (the states 0-4 of the links 0, 1, 2) and `firmware` (the class A-D).
 */
export function withDeviceReport(
  translate: Translate,
  host: DeviceHost,
  { event, detail, command, error, level, links, statistics }: DeviceReport,
  given: NodeMessage = {},
): NodeMessage {
  const { name } = host.state;
  const values = {
    payload: statistics ?? name,
    state: name,
    event,
    device: host.label,
    ...(detail === undefined ? {} : { detail }),
    ...(command === undefined ? {} : { command }),
    ...(error === undefined
      ? {}
      : { error: { code: error.code, message: sentenceOf(translate, error) } }),
    ...(level === undefined ? {} : { level }),
    ...(links === undefined ? {} : { links: links.map(({ stateNumber }) => stateNumber) }),
    ...(host.capabilities === undefined ? {} : { firmware: host.capabilities.firmware }),
  };
  return changed(given, (msg) => {
    for (const old of ['action', 'detail', 'command', 'error', 'level', 'links', 'firmware'])
      Reflect.deleteProperty(msg, old);
    if (event === 'port') Reflect.deleteProperty(msg, 'port');
    Object.assign(msg, values);
  });
}
