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

/** A status, and beside what the canvas shows what a Status node can use. */
export interface DetailedStatus extends NodeStatus {
  readonly event?: string;
  readonly link?: number;
  /** 0-4 of a link; the name of a device's. */
  readonly state?: number | string;
  /** Of the error behind it. */
  readonly code?: string;
}

/** What is known of a link. */
type ShownLink = Pick<FlowLinkEvent, 'state' | 'uri'> & Partial<FlowLinkEvent>;

/** The status of a link. The text of an open link is its host. */
export function linkStatus(translate: Translate, shown: ShownLink): DetailedStatus {
  const { event, link, state, error } = shown;
  return {
    ...linkLook(translate, shown),
    ...(event === undefined ? {} : { event }),
    ...(link === undefined ? {} : { link }),
    state,
    ...(error === undefined ? {} : { code: error.code }),
  };
}

function linkLook(
  translate: Translate,
  { state, uri, event, error, retryIn }: ShownLink,
): NodeStatus {
  const look = linkLooks[state];
  if (state === 2) return { ...look, text: hostOf(uri) || translate('status.established') };
  if (state !== 0) return { ...look, text: translate(`status.${linkStateNames[state]}`) };
  if (event === 'opening') {
    return { fill: 'yellow', shape: 'ring', text: translate('status.opening') };
  }
  const failed: Look = { fill: 'red', shape: 'ring' };
  const reason = error ? shortReason(translate, error) : translate('status.closed');
  if (event === 'retrying' && retryIn !== undefined) {
    const seconds = Math.max(1, Math.round(retryIn / 1000));
    return { ...failed, text: translate('status.retrying', { reason, seconds }) };
  }
  return error ? { ...failed, text: reason } : { ...look, text: reason };
}

/** The status of a node that refused a message. */
export function refusedStatus(translate: Translate, error: EspAtError): DetailedStatus {
  const reason = translateOr(translate, `short.${error.code}`, translate('short.refused'));
  return { fill: 'red', shape: 'ring', text: reason, event: 'refused', code: error.code };
}

/**
 * Milliseconds until the text of a countdown changes: it counts in tens of seconds, then in fives, since a Status node
 * gets every step.
 */
export function countdownStep(leftMs: number): number {
  const stepMs = leftMs > 10_000 ? 10_000 : 5000;
  return leftMs - Math.floor((leftMs - 1) / stepMs) * stepMs;
}

/**
 * The status of a device; undefined if it is ready and has a network: the canvas then shows the status of
 * the link.
 */
export function deviceStatus(
  translate: Translate,
  { name, error }: DeviceState,
): DetailedStatus | undefined {
  const details = { event: 'state', state: name, ...(error && { code: error.code }) };
  if (error && name !== 'stopped' && name !== 'resyncing') {
    return { fill: 'red', shape: 'ring', text: shortReason(translate, error), ...details };
  }
  if (name === 'ready') return undefined;
  const fill = name === 'stopped' || name === 'disconnected' ? 'grey' : 'blue';
  return { fill, shape: 'ring', text: translate(`status.device.${name}`), ...details };
}

/** The status of a node without a device. */
export function noDeviceStatus(translate: Translate): DetailedStatus {
  return { fill: 'red', shape: 'ring', text: translate('short.NO_DEVICE'), code: 'NO_DEVICE' };
}

/** An error in two or three words; its code if the catalog has none. */
export function shortReason(translate: Translate, { code }: EspAtError): string {
  return translateOr(translate, `short.${code}`, code);
}

/** Host and port of a URI, without user and password. */
export function hostOf(uri: string): string {
  try {
    return new URL(uri).host;
  } catch {
    return '';
  }
}
