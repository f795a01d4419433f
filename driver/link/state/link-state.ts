import type { LinkUrc } from '../../at/urc';
import type { EspAtError } from '../../errors';
import type { CloseOperation, OpenOperation, Operation } from '../operation';
import type { LinkChangeCause, LinkStateName } from '../events';
import type { OpenOptions } from '../options';
import type { LinkStateNumber } from '../../commands/wsopen';

/** What an open() asks for. The newest one owns the link; the machine compares goals by identity. */
export interface Goal {
  readonly options: OpenOptions;
  /** Without user and password (RFC 3986, section 3.2.1). */
  readonly uri: string;
}

/**
 * A timer of `ms` milliseconds, or of the reconnect policy's next delay, or until a time of the clock. A state owns it: it
 * stops with the state.
 */
export type Timer = { readonly ms: number | 'policy' } | { readonly until: number };

/** A goal, and the operation that is to reach it. */
export interface Claim {
  readonly goal: Goal;
  readonly operation: OpenOperation;
  /** Time of the clock of the oldest call of open() that it serves; undefined while it serves none: the driver began it. */
  readonly calledAt?: number | undefined;
}

/** The claim of a call of open(). */
export interface Call extends Claim {
  readonly calledAt: number;
}

/** The state of a link. Its goal is that of the last open(), or of a connection that is closing. */
export type State = Closed | Opening | Open | Reconnecting | BackingOff | Closing;

export interface Closed {
  readonly kind: 'closed';
  /** Of the last connection or attempt, for `uri` and `owner`; asks for no connection. */
  readonly goal?: Goal;
}

export interface Opening extends Claim {
  readonly kind: 'opening';
  /**
   * `device`: the operation waits for the device and its clock; `queued`: in the command queue; `closing`: for the close of
   * the old connection; `sequence`: its commands are going out.
   */
  readonly stage: 'device' | 'queued' | 'closing' | 'sequence';
  /** `user`: open() · `keepOpen` · `reconnect`: the connection is of no more use, though the device keeps it. */
  readonly cause: 'user' | 'keepOpen' | 'reconnect';
  /** Not 0 while the device has a connection of the link, which the sequence closes first. */
  readonly number: LinkStateNumber;
  /** Time of the clock at which the newest call has joined since the operation began; undefined where none has. */
  readonly joinedAt?: number | undefined;
}

export interface Open {
  readonly kind: 'open';
  readonly goal: Goal;
  /** Whether `+WS_CONNECTED` has come. Otherwise a check or the open sequence showed the connection: it may still come. */
  readonly announced: boolean;
  /** Why the connection may be half-open. */
  readonly suspicion?: EspAtError;
  /** From a resync to the next check: the link may be lost. */
  readonly awaitingCheck?: AwaitingCheck;
}

export interface AwaitingCheck {
  /** Calls of open(), which wait for the check, the oldest first. The goal is the newest one's. */
  readonly calls: readonly Call[];
  /** Becomes the goal again if all of them are aborted. */
  readonly goalBefore: Goal;
  /** Ends the wait of these calls. */
  readonly timer?: Timer;
}

/** The device tries to reconnect by itself. */
export interface Reconnecting {
  readonly kind: 'reconnecting';
  readonly goal: Goal;
  readonly number: 1 | 3;
  /** With keep-open: after it the driver opens the link afresh. */
  readonly timer?: Timer;
}

/**
 * Kept open, but not open now: opens again after the timer. Without a timer (the device is lost, or the last attempt failed
 * with a permanent error) it opens again when a device becomes ready.
 */
export interface BackingOff {
  readonly kind: 'backingOff';
  readonly goal: Goal;
  readonly timer?: Timer;
}

export interface Closing {
  readonly kind: 'closing';
  readonly goal: Goal;
  readonly operation: CloseOperation;
  /**
   * Payload of the close frame. Undefined: no frame, `AT+WSCLOSE` goes out at once. `retryDelay`: no frame, but a delay, since
   * the last `AT+WSCLOSE` has failed.
   */
  readonly frame: Buffer | 'retryDelay' | undefined;
  /** 0 where the close has aborted an open before there was a connection. */
  readonly number: 0 | 4;
  /** The open that begins once this connection has ended. */
  readonly next?: Claim;
}

/**
 * How a connection ends. `gone`: the device says so, or is lost itself. Otherwise the driver closes it, and what the client
 * still runs may reach the server. `given-up`: for the link it has ended; `closing`: it ends with the close.
 */
export type ConnectionEnd = 'gone' | 'given-up' | 'closing';

/** Effects of a transition, in order. */
export type Effect =
  | EmitChange
  | { readonly do: 'start'; readonly operation: OpenOperation | CloseOperation }
  | { readonly do: 'startTimer'; readonly timer: Timer }
  /** The link receives messages from now on, and sends the held ones. */
  | { readonly do: 'beginConnection'; readonly goal: Goal }
  /** `goal`: that of the connection; the state may hold the next one. */
  | { readonly do: 'endConnection'; readonly goal: Goal | undefined }
  /** The messages sent until now wait for no other connection any more: the held ones fail. */
  | { readonly do: 'endHolds'; readonly code: LossCode }
  /** The queued messages fail, or wait again; the message that the client runs settles with its transaction. */
  | {
      readonly do: 'failQueued';
      readonly code: LossCode;
      readonly end: ConnectionEnd;
    }
  /** The device says that the connection is open: messages that it has refused fail. */
  | { readonly do: 'failRefused' }
  /** Keeps the data of a connection that may be the link's. */
  | { readonly do: 'expectData' }
  /** Sends `AT+WSCLOSE` for a connection that no goal asks for. */
  | { readonly do: 'closeStray' }
  /** Asks the device for the states of its links. */
  | { readonly do: 'checkLinks' }
  /** Passes the URC to the open sequence. */
  | { readonly do: 'noteUrc'; readonly operation: OpenOperation; readonly urc: LinkUrc }
  /** Ends the wait before `AT+WSCLOSE`. */
  | { readonly do: 'endCloseWait'; readonly operation: CloseOperation }
  | { readonly do: 'policy'; readonly call: 'attemptStarted' | 'deviceLost' | 'networkBack' }
  /** The operation settles as `to` does. */
  | { readonly do: 'join'; readonly operation: Operation; readonly to: Operation }
  | {
      readonly do: 'settle';
      readonly operation: OpenOperation | CloseOperation;
      readonly error?: SettleError;
    };

type LossCode = 'LINK_CLOSED' | 'LINK_NOT_OPEN';

/** An error, or its code where it needs no more than the link. */
export type SettleError = EspAtError | 'LINK_IN_USE' | 'OPEN_ABORTED';

/** Emits a change of the link, with the state and the goal it had then. */
export interface EmitChange {
  readonly do: 'emitChange';
  readonly cause: LinkChangeCause;
  readonly to: LinkStateName;
  readonly number: LinkStateNumber;
  readonly goal: Goal | undefined;
  readonly error?: EspAtError;
}

/** The next state, and the effects of the transition to it. */
export type Step<S extends State = State> = readonly [S, ...Effect[]];

/** Returns the next state of a link, and the effects that the link carries out. Pure. */
export type Transition = (state: State) => Step;

/** The state as the device numbers it, see `AT+WSOPEN?`. */
export function numberOf(state: State): LinkStateNumber {
  switch (state.kind) {
    case 'closed':
    case 'backingOff':
      return 0;
    case 'open':
      return 2;
    default:
      return state.number;
  }
}

const NAMES = ['closed', 'reconnecting', 'open', 'waiting', 'closing'] as const;

/** The public name of the state. */
export function nameOf(state: State): LinkStateName {
  switch (state.kind) {
    case 'opening': {
      // Until `AT+WSOPEN` is queued, the link keeps its state.
      if (state.stage !== 'device') return 'opening';
      // 4: a failed close left this connection; the link has emitted its end already.
      return state.number === 4 ? 'closed' : NAMES[state.number];
    }
    case 'closing':
      return 'closing';
    default:
      return NAMES[numberOf(state)];
  }
}

/** The owner of the newest claim, from its open() on. */
export function ownerOf(state: State): string | undefined {
  const newest = state.kind === 'closing' ? (state.next ?? state) : state;
  return newest.goal?.options.owner;
}

export function timerOf(state: State): Timer | undefined {
  if (state.kind === 'open') return state.awaitingCheck?.timer;
  return 'timer' in state ? state.timer : undefined;
}

/** The operations that a state holds. The machine aborts an operation when the state no longer holds it. */
export function operationsOf(state: State): readonly (OpenOperation | CloseOperation)[] {
  if (state.kind === 'open')
    return state.awaitingCheck?.calls.map(({ operation }) => operation) ?? [];
  const current = 'operation' in state ? [state.operation] : [];
  return state.kind === 'closing' && state.next ? [...current, state.next.operation] : current;
}

/** The goals that a state holds. */
export function goalsOf(state: State): readonly Goal[] {
  const current = state.goal ? [state.goal] : [];
  if (state.kind === 'closing' && state.next) return [...current, state.next.goal];
  if (state.kind !== 'open' || !state.awaitingCheck) return current;
  return [...current, ...state.awaitingCheck.calls.map(({ goal }) => goal)];
}

/** Returns the goal of the connection that messages sent now go out on; undefined where the next open() sets it. */
export function goalOfMessages(state: State): Goal | undefined {
  switch (state.kind) {
    case 'closed':
      return undefined;
    case 'closing':
      return state.next?.goal;
    default:
      return state.goal;
  }
}
