import type { LinkId } from '../at/types';
import type { EspAtError } from '../errors';
import type { LinkStateNumber } from '../commands/wsopen';

/** State of a link. An open that still waits for the device, or for its clock, has not changed it yet. */
export type LinkStateName =
  | 'closed'
  /** `AT+WSOPEN` is queued, or it runs */
  | 'opening'
  | 'open'
  /** the connection is lost, and the device reconnects */
  | 'reconnecting'
  /** the device waits until it reconnects again */
  | 'waiting'
  | 'closing';

/** Cause of a change of a link. */
export type LinkChangeCause =
  /** `AT+WSOPEN` is queued */
  | 'opening'
  /** {@link Link.open} has opened the link */
  | 'opened'
  /**
   * the device, keep-open, or the driver's reconnect (see `lost`) has opened the link again, also where {@link Link.open}
   * has joined that attempt
   */
  | 'reopened'
  /** the connection is lost: the device reconnects by itself; with `error` the driver reconnects */
  | 'lost'
  /** the device still tries to reconnect, as a check of the links shows */
  | 'reconnecting'
  /** the server has closed the connection */
  | 'closed-by-server'
  /** a close has begun */
  | 'closing'
  /**
   * {@link Link.close}, an aborted open, or another open with `replace` has closed the link; with `error` the device was
   * lost meanwhile
   */
  | 'closed'
  /** an attempt to open failed (with `error`) */
  | 'failed'
  /** the device restarted, does not respond, or was stopped or disconnected, or its port went away (with `error`) */
  | 'device-lost';

/** Fields of every event of a link. */
export interface LinkEvent {
  /** ID of the link. */
  readonly link: LinkId;
  /** Without user and password; empty before the first open. */
  readonly uri: string;
  /** `owner` of the open that the event belongs to. */
  readonly owner: string | undefined;
}

/** A change of a link. */
export interface LinkChange extends LinkEvent {
  /** The state in the change before. */
  readonly from: LinkStateName;
  /** May equal `from`: an attempt that fails before it begins, for example, does not change the state. */
  readonly to: LinkStateName;
  /** State as the device numbers it, see {@link Link.stateNumber}. */
  readonly stateNumber: LinkStateNumber;
  /** Cause of the change. */
  readonly cause: LinkChangeCause;
  /** Why it failed, or was lost. */
  readonly error?: EspAtError;
}

/** Received data is lost, corrupt, incomplete or too large. */
export interface LinkDataLoss extends LinkEvent {
  /** `DATA_LOST`, `MESSAGE_INCOMPLETE`, `MESSAGE_TOO_LARGE` */
  readonly error: EspAtError;
  /** Losses without an event since the last one: the link emits a burst of 20 events, then 2 a second. */
  readonly omitted?: number;
}

/** Keep-open opens the link again after a delay. */
export interface LinkRetry extends LinkEvent {
  /** Milliseconds until the next attempt. */
  readonly retryInMs: number;
}

/** A warning about a connection. */
export interface LinkWarning extends LinkEvent {
  /**
   * `SERVER_NOT_VERIFIED`, `FIRST_MESSAGE_AT_RISK`. Not repeated where the link's connection before had an equal one, the
   * same owner, and the same URI.
   */
  readonly error: EspAtError;
}

/** A received message; on firmware of class A-C as {@link Framing} made it. */
export interface Message extends LinkEvent {
  /** 1 text, 2 binary; undefined where the firmware does not tell (classes A-C). */
  readonly opcode: 1 | 2 | undefined;
  /** The payload. */
  readonly bytes: Buffer;
}

/** Events of a {@link Link} with their arguments. */
export interface LinkEvents {
  /** The link is open, first or again. */
  open: [LinkChange];
  /** The connection of the last `open` has ended. */
  close: [LinkChange];
  /** Every change; before `open` and `close`. */
  statechange: [LinkChange];
  /** A message has come. */
  message: [Message];
  /**
   * Received data is lost, corrupt, incomplete or too large; the next message is whole. In a resync the event comes at its
   * start: the driver drops all data until the device is ready again.
   */
  dataloss: [LinkDataLoss];
  /** Keep-open waits before its next attempt. */
  retry: [LinkRetry];
  /** The connection is open, but not verified, or the firmware may lose its first message. */
  warning: [LinkWarning];
}
