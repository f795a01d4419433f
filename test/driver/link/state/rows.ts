import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EspAtError } from '../../../../driver/errors';
import { CloseOperation, OpenOperation } from '../../../../driver/link/operation';
import type { OpenOptions } from '../../../../driver/link/options';
import {
  nameOf,
  numberOf,
  timerOf,
  type Claim,
  type Closing,
  type Effect,
  type Goal,
  type Input,
  type LinkUrc,
  type Open,
  type Opening,
  type State,
} from '../../../../driver/link/state/link-state';
import { step } from '../../../../driver/link/state/link-step';

function goalOf(uri: string, options: Partial<OpenOptions> = {}): Goal {
  return { options: { uri, ...options }, uri };
}

function claimOf(goal: Goal): Claim {
  return { goal, operation: new OpenOperation() };
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
  return { ...claimOf(a), ...state, ...change };
}

function awaitingCheck(goal: Goal): Open {
  const waiting = { operation: new OpenOperation(), timer };
  return { kind: 'open', goal, announced: true, waiting };
}

function closing(next?: Goal): Closing {
  const operation = new CloseOperation();
  const state = { kind: 'closing', goal: a, operation, frame, number: 4 } as const;
  return next ? { ...state, next: claimOf(next) } : state;
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
  'opening at stage clock': opening({ stage: 'clock' }),
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
  'opening after corrupt data': opening({ stage: 'queued', number: 1, cause: 'reconnect' }),
  open: { kind: 'open', goal: a, announced: true },
  'open, kept': { kind: 'open', goal: kept, announced: true },
  'open to b': { kind: 'open', goal: b, announced: true },
  'open, not announced': { kind: 'open', goal: a, announced: false },
  'open, suspect': { kind: 'open', goal: a, announced: true, suspicion: error },
  'open, awaiting a check': awaitingCheck(a),
  'open, kept, awaiting a check': awaitingCheck(kept),
  'open, suspect, awaiting a check': { ...awaitingCheck(a), suspicion: error },
  reconnecting: { kind: 'reconnecting', goal: a, number: 1 },
  'reconnecting, kept': { kind: 'reconnecting', goal: kept, number: 3, timer },
  'backing off': { kind: 'backingOff', goal: kept, timer },
  'backing off until the device is ready': { kind: 'backingOff', goal: kept },
  closing: closing(),
  'closing, then b': closing(b),
  'closing an open': { ...closing(), number: 0 },
  'closing an open, then b': { ...closing(b), number: 0 },
  'closing again': { ...closing(), frame: 'failed' },
};

/** The operation of a state; another one where it has none. */
function openOperation(state: State): OpenOperation {
  return state.kind === 'opening' ? state.operation : new OpenOperation();
}

function closeOperation(state: State): CloseOperation {
  return state.kind === 'closing' ? state.operation : new CloseOperation();
}

const inputs: Readonly<Record<string, (state: State) => Input>> = {
  'open(a)': () => ({ kind: 'open', claim: claimOf(a), deviceInSync: true }),
  'open(a) in a resync': () => ({ kind: 'open', claim: claimOf(a), deviceInSync: false }),
  'open(b) in a resync': () => ({ kind: 'open', claim: claimOf(b), deviceInSync: false }),
  'open(b)': () => ({ kind: 'open', claim: claimOf(b), deviceInSync: true }),
  'open(b, replace)': () => ({ kind: 'open', claim: claimOf(replacing), deviceInSync: true }),
  'close()': () => ({ kind: 'close', operation: new CloseOperation(), frame }),
  'close() at once': () => ({ kind: 'close', operation: new CloseOperation() }),
  'close(owner old)': () => ({ kind: 'close', operation: new CloseOperation(), owner: 'old' }),
  'close(owner new)': () => ({ kind: 'close', operation: new CloseOperation(), owner: 'new' }),
  'abort of open(a)': () => ({ kind: 'abort', goal: a }),
  'abort of open(b)': () => ({ kind: 'abort', goal: b }),
  '+WS_CONNECTED': () => ({ kind: 'urc', urc: 'connected' }),
  '+WS_DISCONNECTED': () => ({ kind: 'urc', urc: 'disconnected' }),
  '+WS_CLOSED': () => ({ kind: 'urc', urc: 'closed' }),
  'at stage queued': (state) => {
    return { kind: 'stage', operation: openOperation(state), stage: 'queued' };
  },
  'at stage clock': (state) => {
    return { kind: 'stage', operation: openOperation(state), stage: 'clock' };
  },
  'at stage closing': (state) => {
    return { kind: 'stage', operation: openOperation(state), stage: 'closing' };
  },
  'at stage sequence': (state) => {
    return { kind: 'stage', operation: openOperation(state), stage: 'sequence' };
  },
  opened: (state) => ({ kind: 'opened', operation: openOperation(state) }),
  'open failed': (state) => {
    return { kind: 'openFailed', operation: openOperation(state), error, deviceReady: true };
  },
  'open failed, no device': (state) => {
    return { kind: 'openFailed', operation: openOperation(state), error, deviceReady: false };
  },
  'closed by the device': (state) => ({ kind: 'closed', operation: closeOperation(state) }),
  'close failed': (state) => {
    return { kind: 'closeFailed', operation: closeOperation(state), error };
  },
  'opened by an earlier open()': () => ({ kind: 'opened', operation: new OpenOperation() }),
  'open failed of an earlier open()': () => {
    return { kind: 'openFailed', operation: new OpenOperation(), error, deviceReady: true };
  },
  'at stage queued of an earlier open()': () => {
    return { kind: 'stage', operation: new OpenOperation(), stage: 'queued' };
  },
  'closed by an earlier close()': () => ({ kind: 'closed', operation: new CloseOperation() }),
  'close failed of an earlier close()': () => {
    return { kind: 'closeFailed', operation: new CloseOperation(), error };
  },
  timer: () => ({ kind: 'timer', timer }),
  'an earlier timer': () => ({ kind: 'timer', timer: { ms: 1 } }),
  'check says 0': () => ({ kind: 'checked', number: 0 }),
  'check says 1': () => ({ kind: 'checked', number: 1 }),
  'check says 2': () => ({ kind: 'checked', number: 2, uri: 'a' }),
  'check says 2, another URI': () => ({ kind: 'checked', number: 2, uri: 'b' }),
  'check says 3': () => ({ kind: 'checked', number: 3 }),
  'check says 4': () => ({ kind: 'checked', number: 4 }),
  'device ready': () => ({ kind: 'deviceReady', crashLoop: false }),
  'device ready, crash loop': () => ({ kind: 'deviceReady', crashLoop: true }),
  'device restarted': () => ({ kind: 'deviceLost', error: new EspAtError('DEVICE_RESTARTED') }),
  'port lost': () => ({ kind: 'deviceLost', error: new EspAtError('PORT_LOST') }),
  'network back': () => ({ kind: 'networkBack' }),
  'corrupt data': () => ({ kind: 'corrupted', error }),
  stalled: () => ({ kind: 'stalled', error }),
};

/**
 * The kind of the state, its number, and what tells it from others of its kind: `opening 0 a queued user` has the URI `a`,
 * waits in the queue, and began with a call of open(); `for 60000` is its timer in milliseconds.
 */
function shownState(state: State): string {
  const parts: (string | number)[] = [state.kind, numberOf(state)];
  if (state.kind === 'opening') parts.push(state.goal.uri, state.stage, state.cause);
  if (state.kind === 'closing' && state.frame === 'failed') parts.push('again');
  if (state.kind === 'closing' && state.next) parts.push('then', state.next.goal.uri);
  if (state.kind === 'open' && !state.announced) parts.push('not announced');
  if (state.kind === 'open' && state.suspicion) parts.push('suspect');
  if (state.kind === 'open' && state.waiting) parts.push('waiting');
  const timer = timerOf(state);
  if (timer) parts.push('for', timer.ms);
  return parts.join(' ');
}

/** Events with their number, as `lost(1)`; `failHeld` and `connectionLost` with their reason. `giveUp`: the driver itself ends the connection. */
function shownEffect(effect: Effect): string {
  switch (effect.do) {
    case 'emitChange':
      return `${effect.cause}(${effect.number})`;
    case 'failHeld':
      return `failHeld(${shownCode(effect.code)})`;
    case 'connectionLost':
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
function shownStep(state: State, input: Input): string {
  const [after, ...effects] = step(state, input);
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
      assert.equal(shownStep(state, input(state)), expected);
    });
  }
}

const STAGES = ['device', 'clock', 'queued', 'closing', 'sequence'];

/** Whether an open comes to the stages in this order. */
function isPossible(state: State, input: Input): boolean {
  if (input.kind !== 'stage' || state.kind !== 'opening') return true;
  const steps = STAGES.indexOf(input.stage) - STAGES.indexOf(state.stage);
  return steps === 1 || (steps === 2 && (state.stage === 'device' || state.stage === 'queued'));
}

/** Tests that after every input the last event of a link has shown its state. */
export function everyChangeIsEmitted(): void {
  for (const [from, state] of Object.entries(states)) {
    it(from, () => {
      for (const [by, input] of Object.entries(inputs)) {
        if (!isPossible(state, input(state))) continue;
        const [after, ...effects] = step(state, input(state));
        const changes = effects.filter((effect) => effect.do === 'emitChange');
        assert.equal(changes.at(-1)?.to ?? nameOf(state), nameOf(after), by);
      }
    });
  }
}
