import { EspAtError } from '../../errors';
import {
  ownerOf,
  timerOf,
  type Claim,
  type Closing,
  type Effect,
  type Goal,
  type Input,
  type Open,
  type Opening,
  type Reconnecting,
  type State,
  type Step,
} from './link-state';
import {
  aborted,
  awaitCheck,
  becomeClosed,
  endOpen,
  CHECK_LINKS,
  endClose,
  FAIL_HELD_CLOSED,
  failOpen,
  cutHandshake,
  reconnect,
  reopen,
  startOpen,
  startClose,
  emitChange,
} from './transitions';
import { checked, deviceLost, deviceReady, networkBack, urc } from './device-step';
import { CloseOperation, type OpenOperation } from '../operation';

/** Returns the next state of a link, and the effects that the link carries out. Pure. */
export function step(state: State, input: Input): Step {
  return state.kind === 'open' ? stepOpen(state, input) : decide(state, input);
}

function decide(state: State, input: Input): Step {
  switch (input.kind) {
    case 'open':
      return open(state, input.claim, input.deviceInSync);
    case 'close':
      return isOwn(state, input.owner)
        ? close(state, input.operation, input.frame)
        : leaveAlone(state, input.operation, input.owner);
    case 'abort':
      return abort(state, input.goal);
    case 'stage':
      return isCurrentOpen(state, input.operation) ? advance(state, input.stage) : [state];
    case 'opened':
      return isCurrentOpen(state, input.operation) ? endOpen(state) : [state];
    case 'openFailed':
      if (!isCurrentOpen(state, input.operation)) return [state];
      return failOpen(state, input.error, input.deviceReady);
    case 'closed':
      return isCurrentClose(state, input.operation) ? endClose(state) : [state];
    case 'closeFailed':
      return isCurrentClose(state, input.operation) ? closeFailed(state, input.error) : [state];
    case 'timer':
      return timerOf(state) === input.timer ? timeOver(state) : [state];
    case 'urc':
      return urc(state, input.urc);
    case 'checked':
      return checked(state, input.number, input.uri);
    case 'deviceReady':
      return deviceReady(state, input.crashLoop);
    case 'deviceLost':
      return deviceLost(state, input.error);
    case 'networkBack':
      return networkBack(state);
    case 'corrupted':
      if (state.kind === 'open') return reconnect(state, input.error);
      return state.kind === 'closing' ? [state, FAIL_HELD_CLOSED, ...cutHandshake(state)] : [state];
    case 'stalled':
      return [state.kind === 'open' ? { ...state, suspicion: input.error } : state, CHECK_LINKS];
  }
}

/** False for an aborted operation, whose result does not count. */
function isCurrentOpen(state: State, operation: OpenOperation): state is Opening {
  return state.kind === 'opening' && state.operation === operation;
}

/** As {@link isCurrentOpen}. */
function isCurrentClose(state: State, operation: CloseOperation): state is Closing {
  return state.kind === 'closing' && state.operation === operation;
}

// --- open() ----------------------------------------------------------------------------------------

function open(state: State, claim: Claim, deviceInSync: boolean): Step {
  const { goal, operation } = claim;
  switch (state.kind) {
    case 'closed':
      return startOpen(claim, 'user');
    case 'backingOff':
      return [...startOpen(claim, 'user'), ...(isSameUri(state, claim) ? [] : [FAIL_HELD_CLOSED])];
    case 'opening':
      if (isSameUri(state, claim))
        return [
          { ...state, goal },
          { do: 'join', operation, to: state.operation },
        ];
      if (goal.options.replace && isUnknownToDevice(state))
        return [...startOpen(claim, 'user'), FAIL_HELD_CLOSED, aborted(state.operation)];
      return replace(state, claim);
    case 'open':
      if (!isSameUri(state, claim)) return replace(state, claim);
      return deviceInSync
        ? [
            { ...state, goal },
            { do: 'settle', operation },
          ]
        : awaitCheck({ ...state, goal }, operation);
    case 'reconnecting':
      if (isSameUri(state, claim)) return startOpen(claim, 'user', state.number);
      return replace(state, claim);
    case 'closing':
      return openNext(state, claim);
  }
}

/** An open() may wait for a check. If the check shows that the link is lost, the open continues as if called then. */
function stepOpen({ waiting, ...state }: Open, input: Input): Step {
  if (!waiting) return decide(state, input);
  const { operation, timer } = waiting;
  const claim = { goal: state.goal, operation };
  if (input.kind === 'timer' && input.timer === timer) {
    const error = new EspAtError('DEVICE_NOT_READY', { state: 'resyncing' });
    return [state, { do: 'settle', operation, error }];
  }
  if (input.kind === 'abort' && input.goal === state.goal) return [state, aborted(operation)];
  if (input.kind === 'open' && isSameUri(state, input.claim)) {
    const after = { ...state, goal: input.claim.goal, waiting };
    return [after, { do: 'join', operation: input.claim.operation, to: operation }];
  }
  const [after, ...effects] = decide(state, input);
  if (after.kind === 'open')
    return input.kind === 'checked' && input.number === 2
      ? [after, ...effects, { do: 'settle', operation }]
      : [{ ...after, waiting }, ...effects];
  if (after.kind === 'closing') return [after, ...effects, aborted(operation)];
  const [last, ...more] = open(after, claim, true);
  return [last, ...effects, ...more];
}

function replace(state: Opening | Open | Reconnecting, claim: Claim): Step {
  if (!claim.goal.options.replace) return refuse(state, claim);
  return startClose(state, new CloseOperation(), undefined, claim);
}

function openNext(state: Closing, claim: Claim): Step {
  const before = state.next;
  if (!before) return [{ ...state, next: claim }, FAIL_HELD_CLOSED, ...cutHandshake(state)];
  if (isSameUri(before, claim)) {
    const next = { goal: claim.goal, operation: before.operation };
    return [
      { ...state, next },
      { do: 'join', operation: claim.operation, to: before.operation },
    ];
  }
  if (!claim.goal.options.replace) return refuse(state, claim);
  return [{ ...state, next: claim }, FAIL_HELD_CLOSED, aborted(before.operation)];
}

function refuse(state: State, { operation }: Claim): Step {
  return [state, { do: 'settle', operation, error: 'LINK_IN_USE' }];
}

function isSameUri(one: Pick<Claim, 'goal'>, other: Claim): boolean {
  return one.goal.options.uri === other.goal.options.uri;
}

/** Whether the device has no connection of the link, and the command queue no open sequence. */
function isUnknownToDevice(state: Opening): boolean {
  return state.number === 0 && (state.stage === 'device' || state.stage === 'clock');
}

// --- close() ---------------------------------------------------------------------------------------

function close(state: State, operation: CloseOperation, frame: Buffer | undefined): Step {
  switch (state.kind) {
    case 'closed':
      return [state, FAIL_HELD_CLOSED, { do: 'settle', operation }];
    case 'backingOff':
      return [...becomeClosed(state.goal, [FAIL_HELD_CLOSED]), { do: 'settle', operation }];
    case 'opening': {
      if (!isUnknownToDevice(state)) return startClose(state, operation);
      const abort = aborted(state.operation);
      return [...becomeClosed(state.goal, [FAIL_HELD_CLOSED]), { do: 'settle', operation }, abort];
    }
    case 'reconnecting':
      return startClose(state, operation);
    case 'open':
      return startClose(state, operation, frame);
    case 'closing':
      return joinClose(state, operation, frame);
  }
}

function isOwn(state: State, owner: string | undefined): boolean {
  return owner === undefined || owner === ownerOf(state);
}

/** Another owner has claimed the link: closes nothing, but waits while that claim closes this owner's connection. */
function leaveAlone(state: State, operation: CloseOperation, owner: string | undefined): Step {
  return state.kind === 'closing' && state.goal.options.owner === owner
    ? [state, { do: 'join', operation, to: state.operation }]
    : [state, { do: 'settle', operation }];
}

/** Closes the link, unless a newer claim has taken the place of this one. */
function abort(state: State, goal: Goal): Step {
  if (state.kind === 'opening' && state.goal === goal)
    return close(state, new CloseOperation(), undefined);
  if (state.kind !== 'closing' || state.next?.goal !== goal) return [state];
  const { next, ...after } = state;
  return [after, aborted(next.operation)];
}

function joinClose(state: Closing, operation: CloseOperation, frame: Buffer | undefined): Step {
  const { next, ...after } = state;
  return [
    after,
    FAIL_HELD_CLOSED,
    ...(frame ? [] : cutHandshake(state)),
    { do: 'join', operation, to: state.operation },
    ...(next ? [aborted(next.operation)] : []),
  ];
}

/** `AT+WSCLOSE` has failed: the device may still have the connection. */
function closeFailed(state: Closing, error: EspAtError): Step {
  const settled: Effect = { do: 'settle', operation: state.operation, error };
  if (!state.next) {
    const operation = new CloseOperation();
    return [{ ...state, operation, frame: 'failed' }, settled, { do: 'start', operation }];
  }
  // The next open closes the connection first: the device may have one even where the close has aborted an open.
  const [after, ...effects] = startOpen(state.next, 'user', 4);
  const [, ...ended] = becomeClosed(state.goal);
  return [after, ...ended, settled, ...effects];
}

// --- operations and timers -------------------------------------------------------------------------

function advance(state: Opening, stage: Opening['stage']): Step {
  if (stage === 'sequence')
    return [
      { ...state, stage, number: 0 },
      { do: 'policy', call: 'attemptStarted' },
    ];
  const after: Opening = { ...state, stage };
  return stage === 'queued' ? [after, emitChange(after, 'opening')] : [after];
}

function timeOver(state: State): Step {
  switch (state.kind) {
    case 'backingOff':
    case 'reconnecting':
      return reopen(state);
    default:
      return [state];
  }
}
