import { isPermanent, type EspAtError } from '../../errors';
import {
  nameOf,
  numberOf,
  type BackingOff,
  type Claim,
  type Closed,
  type CloseRefused,
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

/** Milliseconds that the device may try to reconnect by itself before keep-open opens the link afresh. */
const RECONNECT_LIMIT_MS = 60_000;
/** Milliseconds that an open() without a time of its own may wait. */
export const OPEN_TIMEOUT_MS = 15_000;
/** Milliseconds from a refused `AT+WSCLOSE` to the next one. */
const CLOSE_RETRY_MS = 10_000;

export const CHECK_LINKS: Effect = { do: 'checkLinks' };
/** Effects of close() on messages. */
export const FAIL_HELD: Effect = { do: 'failHeld', code: 'LINK_CLOSED' };
const CONNECTION_CLOSED: Effect = { do: 'connectionLost', code: 'LINK_CLOSED' };
/** Effects of a connection loss on messages. */
const LOSE_HELD: Effect = { do: 'failHeld', code: 'LINK_NOT_OPEN' };
const CONNECTION_LOST: Effect = { do: 'connectionLost', code: 'LINK_NOT_OPEN' };
const END_CONNECTION: Effect = { do: 'endConnection' };

export function emitChange(state: State, cause: LinkChangeCause, error?: EspAtError): EmitChange {
  const { goal } = state;
  const to = nameOf(state);
  return { do: 'emitChange', cause, to, number: numberOf(state), goal, ...(error && { error }) };
}

export function aborted(operation: OpenOperation): Effect {
  return { do: 'settle', operation, error: 'OPEN_ABORTED' };
}

// --- to open ---------------------------------------------------------------------------------------

/** Opens the link. The operation first waits for the device; the event `opening` is told once it is queued. */
export function start(
  { goal, operation }: Claim,
  cause: Opening['cause'],
  number: Opening['number'] = 0,
): Step<Opening> {
  const state: Opening = { kind: 'opening', goal, operation, stage: 'device', cause, number };
  return [state, { do: 'start', operation }];
}

/** Opens the link again, by keep-open. */
export function reopen({ goal, ...state }: BackingOff | Reconnecting): Step<Opening> {
  const operation = new OpenOperation();
  return start({ goal, operation }, 'policy', state.kind === 'reconnecting' ? state.number : 0);
}

export function becomeOpen(
  goal: Goal,
  event: 'opened' | 'reopened',
  announced: boolean,
): Step<Open> {
  const state: Open = { kind: 'open', goal, announced };
  return [state, emitChange(state, event), { do: 'beginConnection', goal }];
}

/** The sequence has opened the link. A URC that has ended the connection since then counts after that. */
export function becomeOpened({ goal, cause, operation }: Opening): Step {
  const { seen } = operation;
  const event = cause === 'user' ? 'opened' : 'reopened';
  const [open, ...effects] = becomeOpen(goal, event, seen.has('connected'));
  const [state, ...more]: Step = seen.has('closed')
    ? closedByServer(open)
    : seen.has('disconnected')
      ? lose(open)
      : [open];
  return [state, ...effects, ...more, { do: 'settle', operation }];
}

/** The link was open before the resync: the check that follows tells whether it still is. */
export function awaitCheck(state: Open, operation: OpenOperation): Step {
  const timer: Timer = { ms: state.goal.options.timeoutMs ?? OPEN_TIMEOUT_MS };
  return [
    { ...state, waiting: { operation, timer } },
    { do: 'startTimer', timer },
  ];
}

// --- from open -------------------------------------------------------------------------------------

/** The connection is lost, and the device tries to reconnect. */
export function lose({ goal }: Open): Step<Reconnecting> {
  const timer: Timer = { ms: RECONNECT_LIMIT_MS };
  const keepOpen = goal.options.keepOpen === true;
  const state: Reconnecting = {
    kind: 'reconnecting',
    goal,
    number: 1,
    ...(keepOpen && { timer }),
  };
  return [
    state,
    END_CONNECTION,
    emitChange(state, 'lost'),
    CONNECTION_LOST,
    ...(keepOpen ? [{ do: 'startTimer', timer } as const] : []),
    CHECK_LINKS,
  ];
}

/** The connection is of no use: it is closed, and opened again. */
export function renew({ goal }: Open, error: EspAtError): Step {
  const operation = new OpenOperation();
  // The link is `reconnecting` (1) until the sequence has closed the connection.
  const [state, ...effects] = start({ goal, operation }, 'corrupt', 1);
  return [state, END_CONNECTION, emitChange(state, 'lost', error), CONNECTION_LOST, ...effects];
}

export function closedByServer({ goal }: Open | Reconnecting): Step {
  const [state, ...effects] = retryOrClose(goal);
  return [
    state,
    END_CONNECTION,
    CONNECTION_CLOSED,
    emitChange(state, 'closed-by-server'),
    ...effects,
  ];
}

/** There is no connection: with keep-open the link is opened again after a delay. */
function retryOrClose(goal: Goal): Step<BackingOff | Closed> {
  return goal.options.keepOpen === true ? backOff(goal) : [{ kind: 'closed', goal }, LOSE_HELD];
}

export function backOff(goal: Goal): Step<BackingOff> {
  const timer: Timer = { ms: 'policy' };
  return [
    { kind: 'backingOff', goal, timer },
    { do: 'startTimer', timer },
  ];
}

/** There is no device: with keep-open the link is opened again when it is ready. */
function awaitDeviceOrClose(goal: Goal): Step<BackingOff | Closed> {
  return goal.options.keepOpen === true
    ? [{ kind: 'backingOff', goal }]
    : [{ kind: 'closed', goal }, LOSE_HELD];
}

/** The connection, if there was one, is gone with the device. */
export function loseDevice(
  state: Open | Reconnecting,
  error: EspAtError,
): Step<BackingOff | Closed> {
  const [after, ...effects] = awaitDeviceOrClose(state.goal);
  return [after, ...tellDeviceLost(after, error), ...effects];
}

function tellDeviceLost(state: State, error: EspAtError): readonly Effect[] {
  return [...countCrash(error), END_CONNECTION, emitChange(state, 'device-lost', error)];
}

/** Has the reconnect policy count a crash of the device, which an open may have caused. */
export function countCrash({ code }: EspAtError): readonly Effect[] {
  const isCrash = code === 'DEVICE_RESTARTED' || code === 'DEVICE_UNRESPONSIVE';
  return isCrash ? [{ do: 'policy', call: 'deviceLost' }] : [];
}

/** An open of which no command has gone out waits for the device again; any other one fails. */
export function loseDeviceOpening(state: Opening, error: EspAtError): Step {
  // In any other stage the public state is `closed`, and stays so.
  const changesState = state.number !== 0 || state.stage === 'queued' || state.stage === 'sequence';
  // Without keep-open, a connection that only was to be renewed ends with the device.
  const isWanted = state.cause !== 'corrupt' || state.goal.options.keepOpen === true;
  if (state.stage === 'device' || (state.stage !== 'sequence' && isWanted)) {
    const after: Opening = { ...state, stage: 'device', number: 0 };
    return [after, ...(changesState ? tellDeviceLost(after, error) : [])];
  }
  const [after, ...effects] = failOpen(state, error, false);
  return [after, ...(changesState ? tellDeviceLost(after, error) : []), ...effects];
}

/**
 * @param deviceReady whether a delay may help. Without the device, and after a permanent error, keep-open waits for the
 * next start of a device
 */
export function failOpen(
  { goal, operation }: Opening,
  error: EspAtError,
  deviceReady: boolean,
): Step {
  const [state, ...effects] =
    deviceReady && !isPermanent(error) ? retryOrClose(goal) : awaitDeviceOrClose(goal);
  return [
    state,
    END_CONNECTION,
    emitChange(state, 'failed', error),
    ...effects,
    { do: 'settle', operation, error },
  ];
}

// --- to closed -------------------------------------------------------------------------------------

export function startClose(
  state: Opening | Open | Reconnecting | CloseRefused,
  operation: CloseOperation,
  frame?: Buffer,
  next?: Claim,
): Step<Closing> {
  const { kind, goal } = state;
  const number = numberOf(state) === 0 ? 0 : 4;
  const after: Closing = { kind: 'closing', goal, operation, frame, number, ...(next && { next }) };
  return [
    after,
    FAIL_HELD,
    ...(numberOf(state) === number ? [] : [emitChange(after, 'closing')]),
    ...(frame ? [] : [CONNECTION_CLOSED]),
    { do: 'start', operation },
    ...(kind === 'opening' ? [aborted(state.operation)] : []),
  ];
}

/** Fails the queued messages, and ends the wait for the server's close frame. */
export function cutHandshakeShort({ operation }: Closing): readonly Effect[] {
  return [CONNECTION_CLOSED, { do: 'endWait', operation }];
}

/**
 * Nothing is left of the connection.
 * @param before effects to carry out before the end of the connection and its event
 * @param error why the device is gone, if it is
 */
export function becomeClosed(
  goal: Goal,
  before: readonly Effect[] = [],
  error?: EspAtError,
): Step<Closed> {
  const state: Closed = { kind: 'closed', goal };
  return [state, ...before, END_CONNECTION, emitChange(state, 'closed', error)];
}

/** The close is over: an open that waited for it begins. */
export function endClose(state: Closing, error?: EspAtError): Step {
  const [closed, ...effects] = becomeClosed(state.goal, error ? countCrash(error) : [], error);
  const settled: Effect = { do: 'settle', operation: state.operation };
  if (!state.next) return [closed, ...effects, settled];
  const [opening, ...begin] = start(state.next, 'user');
  return [opening, ...effects, settled, ...begin];
}

export function refuseClose({ goal, number }: Closing | CloseRefused): Step<CloseRefused> {
  const timer: Timer = { ms: CLOSE_RETRY_MS };
  return [
    { kind: 'closeRefused', goal, number, timer },
    { do: 'startTimer', timer },
  ];
}
