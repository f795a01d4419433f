import { EspAtError } from '../../errors';
import {
  ownerOf,
  type Call,
  type Claim,
  type Closing,
  type Effect,
  type Goal,
  type Open,
  type Opening,
  type Reconnecting,
  type State,
  type Step,
} from './link-state';
import {
  aborted,
  becomeClosed,
  endOpen,
  CHECK_LINKS,
  endClose,
  END_HOLDS_CLOSED,
  FAIL_QUEUED,
  failOpen,
  cutHandshake,
  reconnect,
  reopen,
  startOpen,
  startClose,
  emitChange,
} from './transitions';
import { abortCheckWait, awaitCheck, endCheckWait } from './check-wait';
import { CloseOperation, type OpenOperation } from '../operation';

// Transitions caused by calls, results of operations, and timers.

// --- open() ----------------------------------------------------------------------------------------

/** @param deviceInSync false during a resync, in which the URC of the connection's end may have been lost */
export function open(state: State, claim: Call, deviceInSync: boolean): Step {
  const { goal, operation } = claim;
  switch (state.kind) {
    case 'closed':
      return startOpen(claim, 'user');
    case 'backingOff':
      return [...startOpen(claim, 'user'), ...(isSameUri(state, claim) ? [] : [END_HOLDS_CLOSED])];
    case 'opening':
      if (isSameUri(state, claim)) return joinOpen(state, claim);
      if (goal.options.replace && isUnknownToDevice(state))
        return [...startOpen(claim, 'user'), END_HOLDS_CLOSED, aborted(state.operation)];
      return replace(state, claim);
    case 'open':
      if (!isSameUri(state, claim)) return replace(state, claim);
      return deviceInSync && !state.awaitingCheck
        ? [
            { ...state, goal },
            { do: 'settle', operation },
          ]
        : awaitCheck(state, claim);
    case 'reconnecting':
      if (isSameUri(state, claim)) return startOpen(claim, 'user', state.number);
      return replace(state, claim);
    case 'closing':
      return openNext(state, claim);
  }
}

/** Until the sequence is queued, the attempt begins anew. The newest call says how long the attempt waits for the device. */
function joinOpen(state: Opening, { goal, operation, calledAt }: Call): Step {
  const earlier = state.operation;
  const joined = { ...state, goal, calledAt: state.calledAt ?? calledAt };
  return state.stage === 'device'
    ? [
        { ...joined, operation, joinedAt: undefined },
        { do: 'start', operation },
        { do: 'join', operation: earlier, to: operation },
      ]
    : [
        { ...joined, joinedAt: calledAt },
        { do: 'join', operation, to: earlier },
      ];
}

/**
 * If a step ends the connection, the calls of open() that wait for a check begin in the state after that step. If the step
 * is a close, they fail.
 */
export function continueOpen(before: State, step: Step): Step {
  const [after, ...effects] = step;
  if (before.kind !== 'open' || !before.awaitingCheck || after.kind === 'open') return step;
  const { calls } = before.awaitingCheck;
  if (after.kind === 'closing')
    return [after, ...effects, ...calls.map(({ operation }) => aborted(operation))];
  return calls.reduce<Step>(
    ([state, ...earlier], call) => {
      const [next, ...more] = open(state, call, true);
      return [next, ...earlier, ...more];
    },
    [after, ...effects],
  );
}

function replace(state: Opening | Open | Reconnecting, claim: Claim): Step {
  if (!claim.goal.options.replace) return refuse(state, claim);
  return startClose(state, new CloseOperation(), undefined, claim);
}

function openNext(state: Closing, claim: Claim): Step {
  const before = state.next;
  if (!before) return [{ ...state, next: claim }, ...cutHandshake(state)];
  if (isSameUri(before, claim)) {
    const next = { ...before, goal: claim.goal };
    return [
      { ...state, next },
      { do: 'join', operation: claim.operation, to: before.operation },
    ];
  }
  if (!claim.goal.options.replace) return refuse(state, claim);
  return [{ ...state, next: claim }, END_HOLDS_CLOSED, aborted(before.operation)];
}

function refuse(state: State, { operation }: Claim): Step {
  return [state, { do: 'settle', operation, error: 'LINK_IN_USE' }];
}

function isSameUri(one: Pick<Claim, 'goal'>, other: Claim): boolean {
  return one.goal.options.uri === other.goal.options.uri;
}

/** Whether the device has no connection of the link, and the command queue no open sequence. */
function isUnknownToDevice(state: Opening): boolean {
  return state.number === 0 && state.stage === 'device';
}

// --- close() ---------------------------------------------------------------------------------------

/** @param owner closes only where the newest claim is this owner's */
export function close(
  state: State,
  operation: CloseOperation,
  frame?: Buffer,
  owner = ownerOf(state),
): Step {
  if (owner !== ownerOf(state)) return leaveAlone(state, operation, owner);
  switch (state.kind) {
    case 'closed':
      return [state, END_HOLDS_CLOSED, { do: 'settle', operation }];
    case 'backingOff':
      return [...becomeClosed(state.goal, [END_HOLDS_CLOSED]), { do: 'settle', operation }];
    case 'opening': {
      if (!isUnknownToDevice(state)) return startClose(state, operation);
      const abort = aborted(state.operation);
      return [...becomeClosed(state.goal, [END_HOLDS_CLOSED]), { do: 'settle', operation }, abort];
    }
    case 'reconnecting':
      return startClose(state, operation);
    case 'open':
      return startClose(state, operation, frame);
    case 'closing':
      return joinClose(state, operation, frame);
  }
}

/** Another owner has claimed the link: closes nothing, but waits while that claim closes this owner's connection. */
function leaveAlone(state: State, operation: CloseOperation, owner: string | undefined): Step {
  return state.kind === 'closing' && state.goal.options.owner === owner
    ? [state, { do: 'join', operation, to: state.operation }]
    : [state, { do: 'settle', operation }];
}

/**
 * The caller of an open() has withdrawn it before the link was open: closes it, unless a newer claim has taken its place. A
 * link that waits for a check is open: only this call ends.
 */
export function abort(state: State, goal: Goal): Step {
  if (state.kind === 'opening' && state.goal === goal) return close(state, new CloseOperation());
  if (state.kind === 'open') return abortCheckWait(state, goal);
  if (state.kind !== 'closing' || state.next?.goal !== goal) return [state];
  const { next, ...after } = state;
  return [after, END_HOLDS_CLOSED, aborted(next.operation)];
}

function joinClose(state: Closing, operation: CloseOperation, frame: Buffer | undefined): Step {
  const { next, ...after } = state;
  return [
    after,
    END_HOLDS_CLOSED,
    ...(frame ? [] : cutHandshake(state)),
    { do: 'join', operation, to: state.operation },
    ...(next ? [aborted(next.operation)] : []),
  ];
}

/** `AT+WSCLOSE` has failed: the device may still have the connection. */
export function closeFailed(state: State, operation: CloseOperation, error: EspAtError): Step {
  if (!isCurrentClose(state, operation)) return [state];
  const settled: Effect = { do: 'settle', operation: state.operation, error };
  if (!state.next) {
    const next = new CloseOperation();
    return [
      { ...state, operation: next, frame: 'retryDelay' },
      settled,
      { do: 'start', operation: next },
    ];
  }
  // The next open closes the connection first: the device may have one even where the close has aborted an open.
  const [after, ...effects] = startOpen(state.next, 'user', 4);
  const [, ...ended] = becomeClosed(state.goal);
  return [after, ...ended, settled, ...effects];
}

// --- operations and timers -------------------------------------------------------------------------

/** False for an aborted operation, whose result does not count. */
function isCurrentOpen(state: State, operation: OpenOperation): state is Opening {
  return state.kind === 'opening' && state.operation === operation;
}

/** As {@link isCurrentOpen}. */
function isCurrentClose(state: State, operation: CloseOperation): state is Closing {
  return state.kind === 'closing' && state.operation === operation;
}

export function enterStage(state: State, operation: OpenOperation, stage: Opening['stage']): Step {
  if (!isCurrentOpen(state, operation)) return [state];
  if (stage === 'sequence')
    return [
      { ...state, stage, number: 0 },
      { do: 'policy', call: 'attemptStarted' },
    ];
  const after: Opening = { ...state, stage };
  return stage === 'queued' ? [after, emitChange(after, 'opening')] : [after];
}

export function opened(state: State, operation: OpenOperation): Step {
  return isCurrentOpen(state, operation) ? endOpen(state) : [state];
}

/** @param deviceReady false: another attempt is of no use until the device is ready */
export function openFailed(
  state: State,
  operation: OpenOperation,
  error: EspAtError,
  deviceReady: boolean,
): Step {
  return isCurrentOpen(state, operation) ? failOpen(state, error, deviceReady) : [state];
}

export function closed(state: State, operation: CloseOperation): Step {
  return isCurrentClose(state, operation) ? endClose(state) : [state];
}

/** The timer of the state has run out. @param deviceInSync false while a resync goes on */
export function timeOver(state: State, deviceInSync: boolean): Step {
  switch (state.kind) {
    case 'backingOff':
    case 'reconnecting':
      return reopen(state);
    case 'open':
      // In sync, the response to the check is still missing.
      return endCheckWait(
        state,
        deviceInSync
          ? new EspAtError('OUT_OF_SYNC', { command: 'AT+WSOPEN?' })
          : new EspAtError('DEVICE_NOT_READY', { state: 'resyncing' }),
      );
    default:
      return [state];
  }
}

// --- broken connections ----------------------------------------------------------------------------

/** The connection is of no more use, though the device keeps it: the driver would misread the next message, for example. */
export function corrupted(state: State, error: EspAtError): Step {
  return state.kind === 'open' ? reconnect(state, error) : [state];
}

/** A message has ended between its fragments: the peer would take the next one for its rest. */
export function messageBroken(state: State, error: EspAtError): Step {
  return state.kind === 'closing' ? [state, FAIL_QUEUED] : corrupted(state, error);
}

/** The connection may be half-open: each further message, and the close frame, would take as long to fail. */
export function stalled(state: State, error: EspAtError): Step {
  if (state.kind === 'closing') return [state, FAIL_QUEUED];
  return [state.kind === 'open' ? { ...state, suspicion: error } : state, CHECK_LINKS];
}
