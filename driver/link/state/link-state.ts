import type { EspAtError } from '../../errors';
import type { CloseOperation, OpenOperation } from '../operation';
import type { LinkChangeCause, LinkStateName, LinkStateNumber as LinkNumber } from '../events';
import type { OpenOptions } from '../options';

export type LinkUrc = 'connected' | 'disconnected' | 'closed';

/** The request of an open(). Its identity is the claim: the newest goal owns the link. */
export interface Goal {
  readonly options: OpenOptions;
  /** Without user and password (RFC 3986, section 3.2.1). */
  readonly uri: string;
}

/** Milliseconds, or as many as the reconnect policy says. A state owns its timer: it stops with the state. */
export interface Timer {
  readonly ms: number | 'policy';
}

/** A goal, and the operation that is to reach it. */
export interface Claim {
  readonly goal: Goal;
  readonly operation: OpenOperation;
}

/** The state of a link. Its goal is that of the last open(), or of the connection that ends. */
export type State = Closed | Opening | Open | Reconnecting | BackingOff | Closing | CloseRefused;

export interface Closed {
  readonly kind: 'closed';
  readonly goal?: Goal;
}

export interface Opening extends Claim {
  readonly kind: 'opening';
  /** What the operation waits for, or `sequence`: its commands are going out. */
  readonly stage: 'device' | 'clock' | 'queued' | 'sequence';
  /** `user`: open() · `policy`: keep-open · `corrupt`: the connection before is not fit for use. */
  readonly cause: 'user' | 'policy' | 'corrupt';
  /** Not 0 while the device has a connection of the link, which the sequence has to close first. */
  readonly number: LinkNumber;
}

export interface Open {
  readonly kind: 'open';
  readonly goal: Goal;
  /** Whether a URC has told of the connection; otherwise a check has, and the URC may still come. */
  readonly announced: boolean;
  /** Why the connection may be half-open. */
  readonly suspicion?: EspAtError;
  /** An open() during a resync: the link may be lost, which the check after the resync tells. */
  readonly waiting?: WaitingOpen;
}

export interface WaitingOpen {
  readonly operation: OpenOperation;
  readonly timer: Timer;
}

/** The device tries to reconnect by itself. */
export interface Reconnecting {
  readonly kind: 'reconnecting';
  readonly goal: Goal;
  readonly number: 1 | 3;
  /** With keep-open, until the link is opened afresh. */
  readonly timer?: Timer;
}

/** Kept open, and not open now. Without a timer: until the device is ready. */
export interface BackingOff {
  readonly kind: 'backingOff';
  readonly goal: Goal;
  readonly timer?: Timer;
}

export interface Closing {
  readonly kind: 'closing';
  readonly goal: Goal;
  readonly operation: CloseOperation;
  /** Payload of the close frame; without one `AT+WSCLOSE` goes out at once. */
  readonly frame: Buffer | undefined;
  /** 0 where the close aborts an open before there was a connection. */
  readonly number: 0 | 4;
  /** An open that waits for the end of this connection. */
  readonly next?: Claim;
}

/** The device refused to close the connection. After the timer a check of the links follows, then another `AT+WSCLOSE`. */
export interface CloseRefused {
  readonly kind: 'closeRefused';
  readonly goal: Goal;
  readonly number: 0 | 4;
  readonly operation?: CloseOperation;
  readonly timer?: Timer;
}

/** Inputs of a link's machine. */
export type Input =
  /** `deviceInSync`: false during a resync, in which the URC of the connection's end may have been lost. */
  | { readonly kind: 'open'; readonly claim: Claim; readonly deviceInSync: boolean }
  | {
      readonly kind: 'close';
      readonly operation: CloseOperation;
      readonly frame?: Buffer;
      /** Only where the newest claim is this owner's. */
      readonly owner?: string | undefined;
    }
  /** The caller of an open() has withdrawn it before the link was open. */
  | { readonly kind: 'abort'; readonly goal: Goal }
  | { readonly kind: 'stage'; readonly operation: OpenOperation; readonly stage: Opening['stage'] }
  | { readonly kind: 'opened'; readonly operation: OpenOperation }
  | {
      readonly kind: 'openFailed';
      readonly operation: OpenOperation;
      readonly error: EspAtError;
      /** Without the device there is no use in trying again. */
      readonly deviceReady: boolean;
    }
  | { readonly kind: 'closed'; readonly operation: CloseOperation }
  | { readonly kind: 'closeFailed'; readonly operation: CloseOperation; readonly error: EspAtError }
  | { readonly kind: 'timer'; readonly timer: Timer }
  | { readonly kind: 'urc'; readonly urc: LinkUrc }
  /** The state in `AT+WSOPEN?`; 0 where the response omits the link. */
  | { readonly kind: 'checked'; readonly number: LinkNumber }
  /** `crashLoop`: opening the link seems to crash the device. */
  | { readonly kind: 'deviceReady'; readonly crashLoop: boolean }
  | { readonly kind: 'deviceLost'; readonly error: EspAtError }
  | { readonly kind: 'networkBack' }
  /** The connection is of no use any more, though the device does not know. */
  | { readonly kind: 'corrupted'; readonly error: EspAtError }
  /** The connection may be half-open. */
  | { readonly kind: 'stalled'; readonly error: EspAtError }
  /** A message ended between two of its fragments: the peer would take the next one for the rest. */
  | { readonly kind: 'brokenMessage'; readonly error: EspAtError };

/** Effects of a transition, in order. */
export type Effect =
  | EmitChange
  | { readonly do: 'start'; readonly operation: OpenOperation | CloseOperation }
  | { readonly do: 'startTimer'; readonly timer: Timer }
  /** Messages come in, and held ones go out. */
  | { readonly do: 'beginConnection'; readonly goal: Goal }
  | { readonly do: 'endConnection' }
  | FailHeld
  | ConnectionLost
  /** The device says that the connection is open: what it refused to send was refused for good. */
  | { readonly do: 'confirmSends' }
  /** `AT+WSCLOSE` for a connection that no goal asks for. */
  | { readonly do: 'closeStray' }
  /** Asks the device for the states of its links. */
  | { readonly do: 'checkLinks' }
  /** Passes the URC to the open sequence. */
  | { readonly do: 'noteUrc'; readonly operation: OpenOperation; readonly urc: LinkUrc }
  /** Ends the wait for the server's close frame. */
  | { readonly do: 'endWait'; readonly operation: CloseOperation }
  | { readonly do: 'policy'; readonly call: 'attemptStarted' | 'deviceLost' | 'networkBack' }
  | { readonly do: 'join'; readonly operation: OpenOperation; readonly to: OpenOperation }
  | { readonly do: 'join'; readonly operation: CloseOperation; readonly to: CloseOperation }
  | {
      readonly do: 'settle';
      readonly operation: OpenOperation | CloseOperation;
      readonly error?: EspAtError | 'LINK_IN_USE' | 'OPEN_ABORTED';
    };

/** Emits a change of the link, with the state and the goal it had then. */
export interface EmitChange {
  readonly do: 'emitChange';
  readonly cause: LinkChangeCause;
  readonly to: LinkStateName;
  readonly number: LinkNumber;
  readonly goal: Goal | undefined;
  readonly error?: EspAtError;
}

/** Fails the messages that the send queue holds until the link is open. */
export interface FailHeld {
  readonly do: 'failHeld';
  readonly code: 'LINK_CLOSED' | 'LINK_NOT_OPEN';
}

/**
 * The connection has ended: messages that wait for their turn fail. The message that the client runs settles only
 * with its transaction.
 */
export interface ConnectionLost {
  readonly do: 'connectionLost';
  readonly code: 'LINK_CLOSED' | 'LINK_NOT_OPEN';
}

/** A state, and the effects of the transition to it. */
export type Step<S extends State = State> = readonly [S, ...Effect[]];

/** The state as the device numbers it, see `AT+WSOPEN?`. */
export function numberOf(state: State): LinkNumber {
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

const names = ['closed', 'reconnecting', 'open', 'waiting', 'closing'] as const;

/** The public name of the state. */
export function nameOf(state: State): LinkStateName {
  switch (state.kind) {
    case 'opening': {
      // Until `AT+WSOPEN` is queued, the link keeps its state.
      const isQueued = state.stage === 'queued' || state.stage === 'sequence';
      return isQueued ? 'opening' : names[state.number];
    }
    case 'closing':
    case 'closeRefused':
      return 'closing';
    default:
      return names[numberOf(state)];
  }
}

/** The owner of the newest claim, from its open() on. */
export function ownerOf(state: State): string | undefined {
  const newest = state.kind === 'closing' ? (state.next ?? state) : state;
  return newest.goal?.options.owner;
}

export function timerOf(state: State): Timer | undefined {
  if (state.kind === 'open') return state.waiting?.timer;
  return 'timer' in state ? state.timer : undefined;
}

/** The operations that a state holds: all others are aborted. */
export function operationsOf(state: State): readonly (OpenOperation | CloseOperation)[] {
  if (state.kind === 'open') return state.waiting ? [state.waiting.operation] : [];
  const current = 'operation' in state ? [state.operation] : [];
  return state.kind === 'closing' && state.next ? [...current, state.next.operation] : current;
}

/** Whether the goal is an open link. */
export function isWanted(state: State): boolean {
  return state.kind !== 'closed' && state.kind !== 'closing' && state.kind !== 'closeRefused';
}
