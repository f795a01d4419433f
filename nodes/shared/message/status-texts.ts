import type { NodeStatus } from 'node-red';
import type { DeviceState } from '../../../driver/device/options';
import type { EspAtError } from '../../../driver/errors';
import type { LinkStateNumber } from '../../../driver/link/events';
import type { FlowLinkEvent } from '../device/flow-events';
import { linkStateNames } from './link-message';
import { translateOr, type Translate } from './translate';

type Look = Pick<NodeStatus, 'fill' | 'shape'>;

const linkLooks: Readonly<Record<LinkStateNumber, Look>> = {
  0: { fill: 'grey', shape: 'ring' },
  1: { fill: 'yellow', shape: 'ring' },
  2: { fill: 'green', shape: 'dot' },
  3: { fill: 'red', shape: 'ring' },
  4: { fill: 'yellow', shape: 'dot' },
};

/** The status of a link. The text of an open link is its host. */
export function linkStatus(
  translate: Translate,
  {
    state,
    uri,
    event,
    error,
    retryIn,
  }: Pick<FlowLinkEvent, 'state' | 'uri'> & Partial<FlowLinkEvent>,
): NodeStatus {
  const look = linkLooks[state];
  if (state === 2) return { ...look, text: hostOf(uri) || translate('status.established') };
  if (state === 0 && event === 'opening') {
    return { fill: 'yellow', shape: 'ring', text: translate('status.opening') };
  }
  if (state === 0 && event === 'retrying' && retryIn !== undefined) {
    const seconds = Math.max(1, Math.round(retryIn / 1000));
    return { ...look, text: translate('status.retrying', { seconds }) };
  }
  if (state === 0 && error) return { ...look, text: shortReason(translate, error) };
  return { ...look, text: translate(`status.${linkStateNames[state]}`) };
}

/**
 * The status of a device; undefined if it is ready and has a network: the canvas then shows the status of
 * the link.
 */
export function deviceStatus(
  translate: Translate,
  { name, error }: DeviceState,
): NodeStatus | undefined {
  if (error && name !== 'stopped' && name !== 'resyncing') {
    return { fill: 'red', shape: 'ring', text: shortReason(translate, error) };
  }
  if (name === 'ready') return undefined;
  const fill = name === 'stopped' ? 'grey' : 'blue';
  return { fill, shape: 'ring', text: translate(`status.device.${name}`) };
}

/** The status of a node without a device. */
export function noDeviceStatus(translate: Translate): NodeStatus {
  return { fill: 'red', shape: 'ring', text: translate('short.NO_DEVICE') };
}

/** An error in two or three words; its code if the catalog has none. */
export function shortReason(translate: Translate, { code }: EspAtError): string {
  return translateOr(translate, `short.${code}`, code);
}

/** Host and port of a URI, without user and password. */
function hostOf(uri: string): string {
  try {
    return new URL(uri).host;
  } catch {
    return '';
  }
}
