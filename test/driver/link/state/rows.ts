import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EspAtError } from '../../../../driver/errors';
import { CloseOperation, OpenOperation } from '../../../../driver/link/operation';
import type { LinkStateNumber } from '../../../../driver/commands/wsopen';
import type { OpenOptions } from '../../../../driver/link/options';
import {
  nameOf,
  numberOf,
  timerOf,
  type Call,
  type Closing,
  type Effect,
  type Goal,
  type Open,
  type Opening,
  type State,
  type Transition,
} from '../../../../driver/link/state/link-state';
import * as device from '../../../../driver/link/state/device-step';
import * as link from '../../../../driver/link/state/link-step';
import type { LinkUrc } from '../../../../driver/at/urc';

function goalOf(uri: string, options: Partial<OpenOptions> = {}): Goal {
  return { options: { uri, ...options }, uri };
}

function callOf(goal: Goal): Call {
  return { goal, operation: new OpenOperation(), calledAt: 0 };
}

const a = goalOf('a', { owner: 'old' });
const kept = goalOf('a', { owner: 'old', keepOpen: true });
const b = goalOf('b', { owner: 'new' });
const replacing = goalOf('b', { owner: 'new', replace: true });
const frame = Buffer.from([3, 232]);
const timer = { ms: 1 };
const error = new EspAtError('OPEN_FAILED', { link: 0, reason: '' });

function opening(change: Partial<Opening> = {}): Opening {
  const state = { kind: 'opening', stage: 'sequence', cause: 'user', number: 0 } as const;
  return { ...callOf(a), ...state, ...change };
}

function awaitingCheck(...goals: Goal[]): Open {
  const waiting = { calls: goals.map(callOf), goalBefore: a, ...(goals.length > 0 && { timer }) };
  return { kind: 'open', goal: goals.at(-1) ?? a, announced: true, awaitingCheck: waiting };
}

function closing(next?: Goal): Closing {
  const operation = new CloseOperation();
  const state = { kind: 'closing', goal: a, operation, frame, number: 4 } as const;
  return next ? { ...state, next: callOf(next) } : state;
}

function seen(urc: LinkUrc): Opening {
  const state = opening();
  state.operation.seen.add('connected').add(urc);
  return state;
}

const states: Readonly<Record<string, State>> = {
  closed: { kind: 'closed', goal: a },
  opening: opening(),
  'opening, kept': opening({ goal: kept }),
  'opening to b': opening({ goal: b }),
  'opening to b at stage device': opening({ goal: b, stage: 'device' }),
  'opening at stage device': opening({ stage: 'device' }),
  'opening in the queue': opening({ stage: 'queued' }),
  'opening, kept, in the queue': opening({ goal: kept, stage: 'queued', cause: 'keepOpen' }),
  'opening, by keep-open': opening({ goal: kept, cause: 'keepOpen' }),
  'opening, +WS_CLOSED seen': seen('closed'),
  'opening, +WS_DISCONNECTED seen': seen('disconnected'),
  'opening from 1 at stage device': opening({ stage: 'device', number: 1 }),
  'opening from 3 in the queue': opening({ stage: 'queued', number: 3 }),
  'opening from 3 in its close': opening({ stage: 'closing', number: 3 }),
  'opening from 3 in its sequence': opening({ number: 3 }),
  'opening, kept, after corrupt data': opening({
    goal: kept,
    stage: 'queued',
    number: 1,
    cause: 'reconnect',
  }),
  'opening after corrupt data at stage device': opening({
    stage: 'device',
    number: 1,
    cause: 'reconnect',
  }),
  'opening after corrupt data': opening({ stage: 'queued', number: 1, cause: 'reconnect' }),
  open: { kind: 'open', goal: a, announced: true },
  'open, kept': { kind: 'open', goal: kept, announced: true },
  'open to b': { kind: 'open', goal: b, announced: true },
  'open, not announced': { kind: 'open', goal: a, announced: false },
  'open, suspect': { kind: 'open', goal: a, announced: true, suspicion: error },
  'open, unchecked': awaitingCheck(),
  'open, awaiting a check': awaitingCheck(a),
  'open, kept, awaiting a check': awaitingCheck(kept),
  'open, joined, awaiting a check': awaitingCheck(a, kept),
  'open, suspect, awaiting a check': { ...awaitingCheck(a), suspicion: error },
  reconnecting: { kind: 'reconnecting', goal: a, number: 1 },
  'reconnecting, kept': { kind: 'reconnecting', goal: kept, number: 3, timer },
  'backing off': { kind: 'backingOff', goal: kept, timer },
  'backing off until the device is ready': { kind: 'backingOff', goal: kept },
  closing: closing(),
  'closing, then b': closing(b),
  'closing an open': { ...closing(), number: 0 },
  'closing an open, then b': { ...closing(b), number: 0 },
  'closing again': { ...closing(), frame: 'retryDelay' },
};

/** The operation of a state; another one where it has none. */
function openOperation(state: State): OpenOperation {
  return state.kind === 'opening' ? state.operation : new OpenOperation();
}

function closeOperation(state: State): CloseOperation {
  return state.kind === 'closing' ? state.operation : new CloseOperation();
}

const restarted = new EspAtError('DEVICE_RESTARTED');
const portLost = new EspAtError('PORT_LOST');
const closeNow =
  (owner?: string, sent?: Buffer): Transition =>
  (state) =>
    link.close(state, new CloseOperation(), sent, owner);
const stage =
  (name: Opening['stage']): Transition =>
  (state) =>
    link.enterStage(state, openOperation(state), name);
const check =
  (number: LinkStateNumber, uri?: string): Transition =>
  (state) =>
    device.checked(state, number, uri);

const inputs: Readonly<Record<string, Transition>> = {
  'open(a)': (state) => link.open(state, callOf(a), true),
  'open(a) in a resync': (state) => link.open(state, callOf(a), false),
  'open(b) in a resync': (state) => link.open(state, callOf(b), false),
  'open(b)': (state) => link.open(state, callOf(b), true),
  'open(b, replace)': (state) => link.open(state, callOf(replacing), true),
  'close()': closeNow(undefined, frame),
  'close() at once': closeNow(),
  'close(owner old)': closeNow('old'),
  'close(owner new)': closeNow('new'),
  'abort of open(a)': (state) => link.abort(state, a),
  'abort of open(a), kept': (state) => link.abort(state, kept),
  'abort of open(b)': (state) => link.abort(state, b),
  '+WS_CONNECTED': (state) => device.urc(state, 'connected'),
  '+WS_DISCONNECTED': (state) => device.urc(state, 'disconnected'),
  '+WS_CLOSED': (state) => device.urc(state, 'closed'),
  'at stage queued': stage('queued'),
  'at stage closing': stage('closing'),
  'at stage sequence': stage('sequence'),
  opened: (state) => link.opened(state, openOperation(state)),
  'open failed': (state) => link.openFailed(state, openOperation(state), error, true),
  'open failed, no device': (state) => link.openFailed(state, openOperation(state), error, false),
  'closed by the device': (state) => link.closed(state, closeOperation(state)),
  'close failed': (state) => link.closeFailed(state, closeOperation(state), error),
  'opened by an earlier open()': (state) => link.opened(state, new OpenOperation()),
  'open failed of an earlier open()': (state) =>
    link.openFailed(state, new OpenOperation(), error, true),
  'at stage queued of an earlier open()': (state) =>
    link.enterStage(state, new OpenOperation(), 'queued'),
  'closed by an earlier close()': (state) => link.closed(state, new CloseOperation()),
  'close failed of an earlier close()': (state) =>
    link.closeFailed(state, new CloseOperation(), error),
  timer: (state) => link.timeOver(state, true),
  'timer in a resync': (state) => link.timeOver(state, false),
  'check says 0': check(0),
  'check says 1': check(1),
  'check says 2': check(2, 'a'),
  'check says 2, another URI': check(2, 'b'),
  'check says 3': check(3),
  'check says 4': check(4),
  'device ready': (state) => device.deviceReady(state, false),
  'device ready, crash loop': (state) => device.deviceReady(state, true),
  'device restarted': (state) => device.deviceLost(state, restarted),
  'port lost': (state) => device.deviceLost(state, portLost),
  'in sync again': device.resynced,
  'network back': (state) => device.networkBack(state, false),
  'network back, crash loop': (state) => device.networkBack(state, true),
  'corrupt data': (state) => link.corrupted(state, error),
  'broken message': (state) => link.messageBroken(state, error),
  stalled: (state) => link.stalled(state, error),
};

/**
 * The kind of the state, its number, and what tells it from others of its kind: `opening 0 a queued user` has the URI `a`,
 * waits in the queue, and began with a call of open(); `for 60000` is its timer in milliseconds.
 */
function shownState(state: State): string {
  const parts: (string | number)[] = [state.kind, numberOf(state)];
  if (state.kind === 'opening') parts.push(state.goal.uri, state.stage, state.cause);
  if (state.kind === 'closing' && state.frame === 'retryDelay') parts.push('again');
  if (state.kind === 'closing' && state.next) parts.push('then', state.next.goal.uri);
  if (state.kind === 'open' && !state.announced) parts.push('not announced');
  if (state.kind === 'open' && state.suspicion) parts.push('suspect');
  if (state.kind === 'open' && state.awaitingCheck) {
    const { length } = state.awaitingCheck.calls;
    parts.push(length > 0 ? 'waiting' : 'unchecked');
    if (length > 1) parts.push('joined');
  }
  const timer = timerOf(state);
  if (timer) parts.push(...('until' in timer ? ['until', timer.until] : ['for', timer.ms]));
  return parts.join(' ');
}

/** Events with their number, as `lost(1)`; `endHolds` and `failQueued` with their reason. `giveUp`: the driver itself ends the connection. */
function shownEffect(effect: Effect): string {
  switch (effect.do) {
    case 'emitChange':
      return `${effect.cause}(${effect.number})`;
    case 'endHolds':
      return `endHolds(${shownCode(effect.code)})`;
    case 'failQueued':
      return `${effect.end === 'gone' ? effect.do : 'giveUp'}(${shownCode(effect.code)})`;
    case 'policy':
      return effect.call;
    case 'settle': {
      const code = effect.error instanceof EspAtError ? effect.error.code : effect.error;
      return code ?? 'done';
    }
    default:
      return effect.do;
  }
}

function shownCode(code: 'LINK_CLOSED' | 'LINK_NOT_OPEN'): string {
  return code === 'LINK_CLOSED' ? 'closed' : 'lost';
}

/** The result of a step: the state, then the effects in order. */
function shownStep(state: State, input: Transition): string {
  const [after, ...effects] = link.continueOpen(state, input(state));
  return [shownState(after), ...effects.map(shownEffect)].join(', ');
}

/**
 * Tests of transitions, one a line: `state; input: state after, effects`. Names are those of {@link states} and
 * {@link inputs}.
 */
export function rows(table: string): void {
  for (const row of table.trim().split('\n')) {
    const [, from = '', by = '', expected] = /^(.*?); (.*?): (.*)$/.exec(row.trim()) ?? [];
    it(`${from}, ${by}: ${String(expected)}`, () => {
      const state = states[from];
      const input = inputs[by];
      assert.ok(state && input, row);
      assert.equal(shownStep(state, input), expected);
    });
  }
}

const STAGES = ['device', 'queued', 'closing', 'sequence'];

/** Whether an open comes to the stages in this order. */
function isPossible(state: State, by: string): boolean {
  const [, stage] = /^at stage (\w+)$/.exec(by) ?? [];
  if (stage === undefined || state.kind !== 'opening') return true;
  const steps = STAGES.indexOf(stage) - STAGES.indexOf(state.stage);
  return steps === 1 || (steps === 2 && state.stage === 'queued');
}

/** Tests that after every input the last event of a link has shown its state. */
export function everyChangeIsEmitted(): void {
  for (const [from, state] of Object.entries(states)) {
    it(from, () => {
      for (const [by, input] of Object.entries(inputs)) {
        if (!isPossible(state, by)) continue;
        const [after, ...effects] = link.continueOpen(state, input(state));
        const changes = effects.filter((effect) => effect.do === 'emitChange');
        assert.equal(changes.at(-1)?.to ?? nameOf(state), nameOf(after), by);
      }
    });
  }
}
