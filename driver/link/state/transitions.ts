import { isPermanent, type EspAtError } from '../../errors';
import {
  nameOf,
  numberOf,
  type BackingOff,
  type Claim,
  type Closed,
  type Closing,
  type Effect,
  type Goal,
  type Open,
  type Opening,
  type Reconnecting,
  type State,
  type Step,
  type EmitChange,
  type Timer,
} from './link-state';
import { OpenOperation, type CloseOperation } from '../operation';
import type { LinkChangeCause } from '../events';

/** Milliseconds that the device may take to reconnect by itself before keep-open opens the link afresh. */
const RECONNECT_TIMEOUT_MS = 60_000;

export const CHECK_LINKS: Effect = { do: 'checkLinks' };
export const END_HOLDS_CLOSED: Effect = { do: 'endHolds', code: 'LINK_CLOSED' };
/** The queued messages fail, a close frame with them. */
export const FAIL_QUEUED: Effect = {
  do: 'failQueued',
  code: 'LINK_CLOSED',
  end: 'closing',
};
const END_HOLDS_LOST: Effect = { do: 'endHolds', code: 'LINK_NOT_OPEN' };

export function emitChange(state: State, cause: LinkChangeCause, error?: EspAtError): EmitChange {
  const { goal } = state;
  const to = nameOf(state);
  return { do: 'emitChange', cause, to, number: numberOf(state), goal, ...(error && { error }) };
}

function endConnection(goal: Goal | undefined): Effect {
  return { do: 'endConnection', goal };
}

export function aborted(operation: OpenOperation): Effect {
  return { do: 'settle', operation, error: 'OPEN_ABORTED' };
}

// --- to open ---------------------------------------------------------------------------------------

/** Begins an open, which first waits for the device. The link emits `opening` once the open sequence is queued. */
export function startOpen(
  { goal, operation, calledAt }: Claim,
  cause: Opening['cause'],
  number: Opening['number'] = 0,
): Step<Opening> {
  const claim: Claim = { goal, operation, calledAt };
  const state: Opening = { kind: 'opening', ...claim, stage: 'device', cause, number };
  return [state, { do: 'start', operation }];
}

/** Opens the link again, by keep-open. */
export function reopen({ goal, ...state }: BackingOff | Reconnecting): Step<Opening> {
  const operation = new OpenOperation();
  return startOpen(
    { goal, operation },
    'keepOpen',
    state.kind === 'reconnecting' ? state.number : 0,
  );
}

export function becomeOpen(
  goal: Goal,
  cause: 'opened' | 'reopened',
  announced: boolean,
): Step<Open> {
  const state: Open = { kind: 'open', goal, announced };
  return [state, emitChange(state, cause), { do: 'beginConnection', goal }];
}

/** The open sequence has succeeded. A URC that came since then may have ended the connection already. */
export function endOpen({ goal, cause, operation }: Opening): Step {
  const { seen } = operation;
  const change = cause === 'user' ? 'opened' : 'reopened';
  const [open, ...effects] = becomeOpen(goal, change, seen.has('connected'));
  const [state, ...more]: Step = seen.has('closed')
    ? closedByServer(open)
    : seen.has('disconnected')
      ? lose(open)
      : [open];
  return [state, ...effects, ...more, { do: 'settle', operation }];
}

// --- from open -------------------------------------------------------------------------------------

/** The connection is lost, and the device reconnects. */
export function lose({ goal }: Open): Step<Reconnecting> {
  const timer: Timer = { ms: RECONNECT_TIMEOUT_MS };
  const keepOpen = goal.options.keepOpen === true;
  const state: Reconnecting = {
    kind: 'reconnecting',
    goal,
    number: 1,
    ...(keepOpen && { timer }),
  };
  return [
    state,
    endConnection(goal),
    // The URC of the new connection may be lost: its data then comes before a check shows the connection.
    { do: 'expectData' },
    { do: 'failQueued', code: 'LINK_NOT_OPEN', end: 'gone' },
    emitChange(state, 'lost'),
    ...(keepOpen ? [{ do: 'startTimer', timer } as const] : []),
    CHECK_LINKS,
  ];
}

/** The connection is of no more use: closes it, and opens the link again. */
export function reconnect({ goal }: Open, error: EspAtError): Step {
  const operation = new OpenOperation();
  // The number of its state is 1 until the sequence has closed the connection.
  const [state, ...effects] = startOpen({ goal, operation }, 'reconnect', 1);
  return [
    state,
    endConnection(goal),
    { do: 'failQueued', code: 'LINK_NOT_OPEN', end: 'given-up' },
    emitChange(state, 'lost', error),
    ...effects,
  ];
}

export function closedByServer({ goal }: Open | Reconnecting): Step {
  const [state, ...effects] = retryOrClose(goal);
  return [
    state,
    ...endHolds(goal),
    endConnection(goal),
    { do: 'failQueued', code: 'LINK_CLOSED', end: 'gone' },
    emitChange(state, 'closed-by-server'),
    ...effects,
  ];
}

/** The connection has ended: with keep-open the link opens again after a delay. */
function retryOrClose(goal: Goal): Step<BackingOff | Closed> {
  return goal.options.keepOpen === true ? backOff(goal) : [{ kind: 'closed', goal }];
}

/** Without keep-open, no message waits for another connection. */
function endHolds(goal: Goal): readonly Effect[] {
  return goal.options.keepOpen === true ? [] : [END_HOLDS_LOST];
}

export function backOff(goal: Goal): Step<BackingOff> {
  const timer: Timer = { ms: 'policy' };
  return [
    { kind: 'backingOff', goal, timer },
    { do: 'startTimer', timer },
  ];
}

/** The device is lost: with keep-open the link opens again when the device is ready. */
function awaitDeviceOrClose(goal: Goal): BackingOff | Closed {
  return { kind: goal.options.keepOpen === true ? 'backingOff' : 'closed', goal };
}

/** The device is lost, and with it the connection. */
export function loseDevice(
  state: Open | Reconnecting,
  error: EspAtError,
): Step<BackingOff | Closed> {
  const after = awaitDeviceOrClose(state.goal);
  return [after, ...endHolds(state.goal), ...deviceLostEffects(after, error)];
}

function deviceLostEffects(state: State, error: EspAtError): readonly Effect[] {
  const change = emitChange(state, 'device-lost', error);
  return [...countCrash(error), endConnection(state.goal), change];
}

/** The reconnect policy counts a crash of the device, which an open may have caused. */
function countCrash({ code }: EspAtError): readonly Effect[] {
  const isCrash = code === 'DEVICE_RESTARTED' || code === 'DEVICE_UNRESPONSIVE';
  return isCrash ? [{ do: 'policy', call: 'deviceLost' }] : [];
}

/** The device is lost: an open waits for it again if its sequence has not begun; otherwise it fails. */
export function loseDeviceOpening(state: Opening, error: EspAtError): Step {
  const changesState = nameOf(state) !== 'closed';
  // Without keep-open, a connection that was to reconnect ends with the device.
  const waitsAgain = state.cause !== 'reconnect' || state.goal.options.keepOpen === true;
  if (state.stage !== 'sequence' && waitsAgain) {
    const after: Opening = { ...state, stage: 'device', number: 0 };
    return [after, ...(changesState ? deviceLostEffects(after, error) : [])];
  }
  const [after, ...effects] = failOpen(state, error, false);
  return [after, ...(changesState ? deviceLostEffects(after, error) : []), ...effects];
}

/**
 * An open has failed.
 * @param deviceReady whether keep-open tries again after a delay. Otherwise, and after a permanent error, it waits until
 * a device becomes ready
 */
export function failOpen(
  { goal, operation }: Opening,
  error: EspAtError,
  deviceReady: boolean,
): Step {
  const [state, ...effects] =
    deviceReady && !isPermanent(error) ? retryOrClose(goal) : [awaitDeviceOrClose(goal)];
  return [
    state,
    ...endHolds(goal),
    endConnection(goal),
    emitChange(state, 'failed', error),
    ...effects,
    { do: 'settle', operation, error },
  ];
}

// --- to closed -------------------------------------------------------------------------------------

export function startClose(
  state: Opening | Open | Reconnecting,
  operation: CloseOperation,
  frame?: Buffer,
  next?: Claim,
): Step<Closing> {
  const { kind, goal } = state;
  const number = numberOf(state) === 0 ? 0 : 4;
  const after: Closing = { kind: 'closing', goal, operation, frame, number, ...(next && { next }) };
  return [
    after,
    END_HOLDS_CLOSED,
    emitChange(after, 'closing'),
    ...(frame ? [] : [FAIL_QUEUED]),
    { do: 'start', operation },
    ...(kind === 'opening' ? [aborted(state.operation)] : []),
  ];
}

/** Fails the queued messages, and ends the wait before `AT+WSCLOSE`. */
export function cutHandshake({ operation }: Closing): readonly Effect[] {
  return [FAIL_QUEUED, { do: 'endCloseWait', operation }];
}

/**
 * The link has no connection any more.
 * @param before effects that come before the end of the connection
 * @param error why the device is lost, where that ended the connection
 */
export function becomeClosed(
  goal: Goal,
  before: readonly Effect[] = [],
  error?: EspAtError,
): Step<Closed> {
  const state: Closed = { kind: 'closed', goal };
  return [state, ...before, endConnection(goal), emitChange(state, 'closed', error)];
}

/** The close has ended. The open that waits for that begins. */
export function endClose(state: Closing, error?: EspAtError): Step {
  const [closed, ...effects] = becomeClosed(state.goal, error ? countCrash(error) : [], error);
  const settled: Effect = { do: 'settle', operation: state.operation };
  if (!state.next) return [closed, ...effects, settled];
  const [opening, ...begin] = startOpen(state.next, 'user');
  return [opening, ...effects, settled, ...begin];
}
