import type { NodeStatus } from 'node-red';
import type { HostedState } from '../device/device-host-options';
import type { FlowLinkEvent } from '../device/flow-events';
import type { FlowError } from '../errors/node-error';
import { linkStateNames } from '../message/link-message';
import type { StatusWords } from './status-words';
import type { LinkStateNumber } from '../../../driver/commands/wsopen';

type Look = Pick<NodeStatus, 'fill' | 'shape'>;

const linkLooks: Readonly<Record<LinkStateNumber, Look>> = {
  0: { fill: 'grey', shape: 'ring' },
  1: { fill: 'yellow', shape: 'ring' },
  2: { fill: 'green', shape: 'dot' },
  3: { fill: 'red', shape: 'ring' },
  4: { fill: 'yellow', shape: 'dot' },
};

/** What a Status node can use beside look and text. */
interface StatusDetails {
  readonly event?: string;
  readonly link?: number;
  /** State 0-4 of a link, or the name of a device's state. */
  readonly state?: number | string;
  /** Of the error behind it. */
  readonly code?: string;
  /** How many statuses before this one were left out: a node shows 4 a second. */
  readonly omitted?: number;
}

/** A status before it is in a language. */
export interface WordedStatus extends Look, StatusDetails {
  readonly words: StatusWords;
}

/** The status of a link without an event so far. */
export const closedStatus: WordedStatus = {
  ...linkLooks[0],
  words: { key: 'status.closed' },
  state: 0,
};

/** The status of a link after an event. The text of an open link is its host. @param isForeign whether another node opened it */
export function linkStatus(shown: FlowLinkEvent, isForeign = false): WordedStatus {
  const { event, link, state, error } = shown;
  return {
    ...(isForeign && state === 2 ? foreignLook : linkLook(shown)),
    event,
    link,
    state,
    ...(error === undefined ? {} : { code: error.code }),
  };
}

const foreignLook = {
  fill: 'grey',
  shape: 'ring',
  words: { key: 'status.otherNode' },
} as const;

function linkLook({ state, uri, event, error, retryIn }: FlowLinkEvent): Look & {
  readonly words: StatusWords;
} {
  const look = linkLooks[state];
  const host = hostOf(uri);
  if (state === 2 && host !== '') return { ...look, words: { text: host } };
  if (state !== 0) return { ...look, words: { key: `status.${linkStateNames[state]}` } };
  if (event === 'opening') {
    return { fill: 'yellow', shape: 'ring', words: { key: 'status.opening' } };
  }
  const failed: Look = { fill: 'red', shape: 'ring' };
  const reason: StatusWords = error ? shortReason(error) : { key: 'status.closed' };
  if (retryIn !== undefined) {
    const seconds = Math.max(1, Math.round(retryIn / 1000));
    return { ...failed, words: { key: 'status.retrying', values: { reason, seconds } } };
  }
  return { ...(error ? failed : look), words: reason };
}

/** The status of a node whose latest input failed, or that could not open its link at the start. */
export function failedStatus(
  event: 'input-failed' | 'start-failed',
  error: FlowError,
): WordedStatus {
  const words = shortReason(error);
  return { fill: 'red', shape: 'ring', words, event, code: error.code };
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
export function deviceStatus({ name, error }: HostedState): WordedStatus | undefined {
  const details = { event: 'state', state: name, ...(error && { code: error.code }) };
  if (error && name !== 'stopped' && name !== 'resyncing') {
    return { fill: 'red', shape: 'ring', words: shortReason(error), ...details };
  }
  if (name === 'ready') return undefined;
  const fill = name === 'stopped' || name === 'disconnected' ? 'grey' : 'blue';
  return { fill, shape: 'ring', words: { key: `status.device.${name}` }, ...details };
}

/** The status of a ready device, on a node that is set to the whole device. */
export const deviceReadyStatus: WordedStatus = {
  fill: 'green',
  shape: 'dot',
  words: { key: 'status.device.ready' },
};

/** The status of a node without a device. */
export const noDeviceStatus: WordedStatus = {
  fill: 'red',
  shape: 'ring',
  words: { key: 'short.NO_DEVICE' },
  code: 'NO_DEVICE',
};

/** An error in two or three words; its code if the catalog has none. */
export function shortReason({ code }: FlowError): StatusWords {
  return { key: `short.${code}`, otherwise: { text: code } };
}

/** Host and port of a URI, without user and password. */
export function hostOf(uri: string): string {
  try {
    return new URL(uri).host;
  } catch {
    return '';
  }
}
