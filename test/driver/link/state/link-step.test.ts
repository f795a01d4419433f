import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../../driver/errors';
import { CloseOperation, OpenOperation } from '../../../../driver/link/operation';
import type { OpenOptions } from '../../../../driver/link/options';
import {
  numberOf,
  type Claim,
  type Effect,
  type Goal,
  type Input,
  type Opening,
  type State,
} from '../../../../driver/link/state/link-state';
import { step } from '../../../../driver/link/state/link-step';

const lost = new EspAtError('DEVICE_RESTARTED');
const failed = new EspAtError('OPEN_FAILED', { link: 0, reason: '' });
const frame = Buffer.from([3, 232]);
const timer = { ms: 1 };

function goalOf(uri: string, options: Partial<OpenOptions> = {}): Goal {
  return { options: { uri, ...options }, uri };
}

function claimOf(uri: string, options: Partial<OpenOptions> = {}): Claim {
  return { goal: goalOf(uri, options), operation: new OpenOperation() };
}

const goal = goalOf('ws://a');
const kept = goalOf('ws://a', { keepOpen: true });

const closed: State = { kind: 'closed', goal };
const open: State = { kind: 'open', goal, announced: true };
const openKept: State = { kind: 'open', goal: kept, announced: true };
const reconnecting: State = { kind: 'reconnecting', goal, number: 1 };
const reconnectingKept: State = { kind: 'reconnecting', goal: kept, number: 3, timer };
const backingOff: State = { kind: 'backingOff', goal: kept, timer };
const awaitingDevice: State = { kind: 'backingOff', goal: kept };

function opening(change: Partial<Opening> = {}): Opening {
  const operation = new OpenOperation();
  return {
    kind: 'opening',
    goal,
    operation,
    stage: 'sequence',
    cause: 'user',
    number: 0,
    ...change,
  };
}

function closing(next?: Claim, number: 0 | 4 = 4): State & { readonly kind: 'closing' } {
  const operation = new CloseOperation();
  return { kind: 'closing', goal, operation, frame, number, ...(next && { next }) };
}

/** The kind of the state, its number, and what tells it from others of its kind. */
function shownState(state: State): string {
  const parts: (string | number)[] = [state.kind, numberOf(state)];
  if (state.kind === 'opening') parts.push(state.stage, state.cause);
  if (state.kind === 'closing' && state.next) parts.push('next', state.next.goal.uri);
  if ('timer' in state && state.timer) parts.push(state.timer.ms);
  return parts.join(' ');
}

function shownEffect(effect: Effect): string {
  switch (effect.do) {
    case 'tell':
      return `${effect.event} ${effect.number}${effect.error ? ` ${effect.error.code}` : ''}`;
    case 'failSends':
      return `fail ${effect.which} ${effect.code}`;
    case 'startTimer':
      return `timer ${effect.timer.ms}`;
    case 'policy':
      return effect.call;
    case 'settle': {
      const { error } = effect;
      return `settle ${typeof error === 'string' ? error : (error?.code ?? 'ok')}`;
    }
    default:
      return effect.do;
  }
}

/** What a step comes to: the state, then the effects. */
function taken(state: State, input: Input): readonly string[] {
  const [after, ...effects] = step(state, input);
  return [shownState(after), ...effects.map(shownEffect)];
}

type Row = readonly [title: string, state: State, input: Input, ...expected: readonly string[]];

function rows(table: readonly Row[]): void {
  for (const [title, state, input, ...expected] of table)
    it(title, () => assert.deepEqual(taken(state, input), expected));
}

const opens = (uri: string, options?: Partial<OpenOptions>): Input => {
  return { kind: 'open', claim: claimOf(uri, options) };
};
const replaces = opens('ws://b', { replace: true });
const closes = (closeFrame?: Buffer): Input => {
  return {
    kind: 'close',
    operation: new CloseOperation(),
    ...(closeFrame && { frame: closeFrame }),
  };
};
const urc = (kind: 'connected' | 'disconnected' | 'closed'): Input => ({ kind: 'urc', urc: kind });
const checked = (number: 0 | 1 | 2 | 3 | 4): Input => ({ kind: 'checked', number });
const deviceLost: Input = { kind: 'deviceLost', error: lost };
const deviceReady: Input = { kind: 'deviceReady', crashLoop: false };
const corrupted: Input = { kind: 'corrupted', error: new EspAtError('SEND_DAMAGED', { link: 0 }) };

const FAIL_HELD = 'fail held LINK_CLOSED';
const FAIL_SUBMITTED = 'fail submitted LINK_CLOSED';
const LOSE_HELD = 'fail held LINK_NOT_OPEN';
const LOSE_SUBMITTED = 'fail submitted LINK_NOT_OPEN';

describe('open(g), same URI', () => {
  rows([
    ['closed: opens', closed, opens('ws://a'), 'opening 0 device user', 'start'],
    ['backing off: opens at once', backingOff, opens('ws://a'), 'opening 0 device user', 'start'],
    ['opening: joins', opening(), opens('ws://a'), 'opening 0 sequence user', 'join'],
    ['open: is done at once', open, opens('ws://a'), 'open 2', 'settle ok'],
    [
      'reconnecting: opens afresh, which closes first',
      reconnectingKept,
      opens('ws://a'),
      'opening 3 device user',
      'start',
    ],
    [
      'closing: waits for the close, which it hurries',
      closing(),
      opens('ws://a'),
      'closing 4 next ws://a',
      FAIL_HELD,
      FAIL_SUBMITTED,
      'answer',
    ],
    [
      'closing, with another open of this URI: joins it',
      closing(claimOf('ws://b')),
      opens('ws://b'),
      'closing 4 next ws://b',
      'join',
    ],
    [
      'close refused: closes again, then opens',
      { kind: 'closeRefused', goal, number: 4, timer },
      opens('ws://a'),
      'closing 4 next ws://a',
      FAIL_HELD,
      FAIL_SUBMITTED,
      'start',
    ],
  ]);

  it('opening: the newest claim owns the link', () => {
    const claim = claimOf('ws://a', { owner: 'new' });
    const [after] = step(opening(), { kind: 'open', claim });
    assert.equal(after.goal, claim.goal);
  });
});

describe('open(g), other URI', () => {
  rows([
    ['closed: opens', closed, opens('ws://b'), 'opening 0 device user', 'start'],
    ['backing off: opens', backingOff, opens('ws://b'), 'opening 0 device user', 'start'],
    [
      'opening: LINK_IN_USE',
      opening(),
      opens('ws://b'),
      'opening 0 sequence user',
      'settle LINK_IN_USE',
    ],
    [
      'opening, waiting for the device, replace: takes its place',
      opening({ stage: 'device' }),
      replaces,
      'opening 0 device user',
      'start',
      'settle OPEN_ABORTED',
    ],
    [
      'opening, in its sequence, replace: aborts, then closes, then opens',
      opening(),
      replaces,
      'closing 0 next ws://b',
      FAIL_HELD,
      FAIL_SUBMITTED,
      'start',
      'settle OPEN_ABORTED',
    ],
    ['open: LINK_IN_USE', open, opens('ws://b'), 'open 2', 'settle LINK_IN_USE'],
    [
      'open, replace: closes, then opens',
      open,
      replaces,
      'closing 4 next ws://b',
      FAIL_HELD,
      'closing 4',
      FAIL_SUBMITTED,
      'start',
    ],
    [
      'reconnecting: LINK_IN_USE',
      reconnecting,
      opens('ws://b'),
      'reconnecting 1',
      'settle LINK_IN_USE',
    ],
    [
      'reconnecting, replace: closes, then opens',
      reconnecting,
      replaces,
      'closing 4 next ws://b',
      FAIL_HELD,
      'closing 4',
      FAIL_SUBMITTED,
      'start',
    ],
    [
      'closing, with another open: LINK_IN_USE',
      closing(claimOf('ws://a')),
      opens('ws://b'),
      'closing 4 next ws://a',
      'settle LINK_IN_USE',
    ],
    [
      'closing, with another open, replace: aborts that one',
      closing(claimOf('ws://a')),
      replaces,
      'closing 4 next ws://b',
      FAIL_HELD,
      'settle OPEN_ABORTED',
    ],
  ]);
});

describe('close()', () => {
  rows([
    ['closed: is done', closed, closes(), 'closed 0', FAIL_HELD, 'settle ok'],
    [
      'backing off: closed',
      backingOff,
      closes(),
      'closed 0',
      FAIL_HELD,
      'endConnection',
      'closed 0',
      'settle ok',
    ],
    [
      'opening, waiting for the clock: closed, nothing is written',
      opening({ stage: 'clock' }),
      closes(),
      'closed 0',
      FAIL_HELD,
      'endConnection',
      'closed 0',
      'settle ok',
      'settle OPEN_ABORTED',
    ],
    [
      'opening, in its sequence: aborts, then closes',
      opening(),
      closes(frame),
      'closing 0',
      FAIL_HELD,
      FAIL_SUBMITTED,
      'start',
      'settle OPEN_ABORTED',
    ],
    [
      'open, graceful: what was given before goes first',
      open,
      closes(frame),
      'closing 4',
      FAIL_HELD,
      'closing 4',
      'start',
    ],
    [
      'open, at once: submitted messages fail',
      open,
      closes(),
      'closing 4',
      FAIL_HELD,
      'closing 4',
      FAIL_SUBMITTED,
      'start',
    ],
    [
      'reconnecting, graceful: there is no connection for a close frame',
      reconnecting,
      closes(frame),
      'closing 4',
      FAIL_HELD,
      'closing 4',
      FAIL_SUBMITTED,
      'start',
    ],
    ['closing, graceful: joins', closing(), closes(frame), 'closing 4', FAIL_HELD, 'join'],
    [
      'closing, at once: joins and hurries',
      closing(),
      closes(),
      'closing 4',
      FAIL_HELD,
      FAIL_SUBMITTED,
      'answer',
      'join',
    ],
    [
      'closing, with an open that waits: aborts that one',
      closing(claimOf('ws://b')),
      closes(frame),
      'closing 4',
      FAIL_HELD,
      'join',
      'settle OPEN_ABORTED',
    ],
    [
      'close refused: closes again, told once',
      { kind: 'closeRefused', goal, number: 4, timer },
      closes(frame),
      'closing 4',
      FAIL_HELD,
      'start',
    ],
  ]);
});

describe('+WS_CONNECTED', () => {
  rows([
    [
      'closed: closes the stray, checks',
      closed,
      urc('connected'),
      'closed 0',
      'closeStray',
      'check',
    ],
    ['backing off: open', backingOff, urc('connected'), 'open 2', 'reopened 2', 'beginConnection'],
    ['backing off, without the device: nothing', awaitingDevice, urc('connected'), 'backingOff 0'],
    ['opening: noted', opening(), urc('connected'), 'opening 0 sequence user', 'note'],
    [
      'opening a reconnecting link, waiting for the device: open',
      opening({ stage: 'device', number: 1 }),
      urc('connected'),
      'open 2',
      'reopened 2',
      'beginConnection',
      'settle ok',
    ],
    [
      'opening a reconnecting link, in the queue: open',
      opening({ stage: 'queued', number: 3, cause: 'policy' }),
      urc('connected'),
      'open 2',
      'reopened 2',
      'beginConnection',
      'settle ok',
    ],
    [
      'opening a reconnecting link, in its sequence: noted',
      opening({ number: 1 }),
      urc('connected'),
      'opening 1 sequence user',
      'note',
    ],
    [
      'opening after corrupt data: noted',
      opening({ stage: 'device', number: 1, cause: 'corrupt' }),
      urc('connected'),
      'opening 1 device corrupt',
      'note',
    ],
    [
      'open, not announced: announced',
      { kind: 'open', goal, announced: false },
      urc('connected'),
      'open 2',
    ],
    [
      'open: the loss before went unheard',
      open,
      urc('connected'),
      'open 2',
      'endConnection',
      'lost 1',
      LOSE_SUBMITTED,
      'check',
      'reopened 2',
      'beginConnection',
    ],
    [
      'reconnecting: open',
      reconnecting,
      urc('connected'),
      'open 2',
      'reopened 2',
      'beginConnection',
    ],
    ['closing: nothing', closing(), urc('connected'), 'closing 4'],
  ]);
});

describe('+WS_DISCONNECTED', () => {
  rows([
    ['closed: nothing', closed, urc('disconnected'), 'closed 0'],
    ['backing off: nothing', backingOff, urc('disconnected'), 'backingOff 0 1'],
    ['opening: noted', opening(), urc('disconnected'), 'opening 0 sequence user', 'note'],
    [
      'open: reconnecting',
      open,
      urc('disconnected'),
      'reconnecting 1',
      'endConnection',
      'lost 1',
      LOSE_SUBMITTED,
      'check',
    ],
    [
      'open, kept: reconnecting, for 60 s',
      openKept,
      urc('disconnected'),
      'reconnecting 1 60000',
      'endConnection',
      'lost 1',
      LOSE_SUBMITTED,
      'timer 60000',
      'check',
    ],
    ['reconnecting: nothing', reconnecting, urc('disconnected'), 'reconnecting 1'],
    ['closing: nothing', closing(), urc('disconnected'), 'closing 4'],
  ]);
});

describe('+WS_CLOSED', () => {
  const ended = ['endConnection', FAIL_SUBMITTED, 'closed-by-server 0'] as const;
  rows([
    ['closed: nothing', closed, urc('closed'), 'closed 0'],
    ['backing off: nothing', backingOff, urc('closed'), 'backingOff 0 1'],
    ['opening: noted', opening(), urc('closed'), 'opening 0 sequence user', 'note'],
    ['open: closed', open, urc('closed'), 'closed 0', ...ended, LOSE_HELD],
    [
      'open, kept: backs off',
      openKept,
      urc('closed'),
      'backingOff 0 policy',
      ...ended,
      'timer policy',
    ],
    ['reconnecting: closed', reconnecting, urc('closed'), 'closed 0', ...ended, LOSE_HELD],
    [
      'reconnecting, kept: backs off',
      reconnectingKept,
      urc('closed'),
      'backingOff 0 policy',
      ...ended,
      'timer policy',
    ],
    ['closing: answers the handshake', closing(), urc('closed'), 'closing 4', 'answer'],
  ]);
});

describe('the open operation', () => {
  const current = opening({ stage: 'device' });
  const { operation } = current;
  rows([
    [
      'queued: told',
      current,
      { kind: 'stage', operation, stage: 'queued' },
      'opening 0 queued user',
      'opening 0',
    ],
    [
      'in its sequence: the device has no connection any more',
      { ...current, number: 4 },
      { kind: 'stage', operation, stage: 'sequence' },
      'opening 0 sequence user',
      'attemptStarted',
    ],
    [
      'done: open',
      current,
      { kind: 'opened', operation },
      'open 2',
      'opened 2',
      'beginConnection',
      'settle ok',
    ],
    [
      'done, by keep-open: told as reopened',
      { ...current, cause: 'policy' },
      { kind: 'opened', operation },
      'open 2',
      'reopened 2',
      'beginConnection',
      'settle ok',
    ],
    [
      'failed: closed',
      current,
      { kind: 'openFailed', operation, error: failed, deviceReady: true },
      'closed 0',
      'endConnection',
      'failed 0 OPEN_FAILED',
      LOSE_HELD,
      'settle OPEN_FAILED',
    ],
    [
      'failed, kept: backs off',
      { ...current, goal: kept },
      { kind: 'openFailed', operation, error: failed, deviceReady: true },
      'backingOff 0 policy',
      'endConnection',
      'failed 0 OPEN_FAILED',
      'timer policy',
      'settle OPEN_FAILED',
    ],
    [
      'failed, kept, without the device: waits for it',
      { ...current, goal: kept },
      { kind: 'openFailed', operation, error: failed, deviceReady: false },
      'backingOff 0',
      'endConnection',
      'failed 0 OPEN_FAILED',
      'settle OPEN_FAILED',
    ],
    ['done, but aborted: nothing', closing(), { kind: 'opened', operation }, 'closing 4'],
    [
      'failed, but aborted: nothing',
      closing(),
      { kind: 'openFailed', operation, error: failed, deviceReady: true },
      'closing 4',
    ],
  ]);

  for (const [seen, ...expected] of [
    [
      'closed',
      'closed 0',
      'opened 2',
      'beginConnection',
      'endConnection',
      FAIL_SUBMITTED,
      'closed-by-server 0',
      LOSE_HELD,
      'settle ok',
    ],
    [
      'disconnected',
      'reconnecting 1',
      'opened 2',
      'beginConnection',
      'endConnection',
      'lost 1',
      LOSE_SUBMITTED,
      'check',
      'settle ok',
    ],
  ] as const) {
    it(`done, +WS_${seen.toUpperCase()} seen: open, then that`, () => {
      const state = opening();
      state.operation.seen.add('connected').add(seen);
      assert.deepEqual(taken(state, { kind: 'opened', operation: state.operation }), expected);
    });
  }
});

describe('the close operation', () => {
  const state = closing();
  const { operation } = state;
  const waiting = { ...state, next: claimOf('ws://b') };
  const refused: State = { kind: 'closeRefused', goal, number: 4, operation };
  const error = new EspAtError('COMMAND_FAILED', { command: 'AT+WSCLOSE=0', reason: '' });
  rows([
    [
      'done: closed',
      state,
      { kind: 'closed', operation },
      'closed 0',
      'endConnection',
      'closed 0',
      'settle ok',
    ],
    [
      'done, an open waits: told once, then opens',
      waiting,
      { kind: 'closed', operation },
      'opening 0 device user',
      'endConnection',
      'closed 0',
      'settle ok',
      'start',
    ],
    [
      'failed: again in 10 s, checks',
      state,
      { kind: 'closeFailed', operation, error },
      'closeRefused 4 10000',
      'check',
      'settle COMMAND_FAILED',
      'timer 10000',
    ],
    [
      'failed, an open waits: opens, which closes first',
      waiting,
      { kind: 'closeFailed', operation, error },
      'opening 4 device user',
      'check',
      'settle COMMAND_FAILED',
      'start',
    ],
    [
      'done after a refusal: closed',
      refused,
      { kind: 'closed', operation },
      'closed 0',
      'endConnection',
      'closed 0',
    ],
    [
      'refused once more: again in 10 s',
      refused,
      { kind: 'closeFailed', operation, error },
      'closeRefused 4 10000',
      'timer 10000',
    ],
    ['done, but not the current one: nothing', open, { kind: 'closed', operation }, 'open 2'],
  ]);
});

describe('timer', () => {
  const over: Input = { kind: 'timer', timer };
  rows([
    ['backing off: opens', backingOff, over, 'opening 0 device policy', 'start'],
    [
      'reconnecting: opens afresh, which closes first',
      reconnectingKept,
      over,
      'opening 3 device policy',
      'start',
    ],
    [
      'close refused: checks',
      { kind: 'closeRefused', goal, number: 4, timer },
      over,
      'closeRefused 4',
      'check',
    ],
    ['of another state: nothing', open, over, 'open 2'],
  ]);
});

describe('device not ready', () => {
  const gone = ['deviceLost', 'endConnection', 'device-lost 0 DEVICE_RESTARTED'] as const;
  rows([
    ['closed: nothing', closed, deviceLost, 'closed 0'],
    ['backing off: waits for it', backingOff, deviceLost, 'backingOff 0'],
    [
      'opening, waiting for it: stays',
      opening({ stage: 'device' }),
      deviceLost,
      'opening 0 device user',
    ],
    [
      'opening: fails',
      opening(),
      deviceLost,
      'closed 0',
      ...gone,
      'endConnection',
      'failed 0 DEVICE_RESTARTED',
      LOSE_HELD,
      'settle DEVICE_RESTARTED',
    ],
    [
      'opening, kept: fails, waits for it',
      opening({ goal: kept }),
      deviceLost,
      'backingOff 0',
      ...gone,
      'endConnection',
      'failed 0 DEVICE_RESTARTED',
      'settle DEVICE_RESTARTED',
    ],
    ['open: closed', open, deviceLost, 'closed 0', ...gone, LOSE_HELD],
    ['open, kept: waits for it', openKept, deviceLost, 'backingOff 0', ...gone],
    ['reconnecting: closed', reconnecting, deviceLost, 'closed 0', ...gone, LOSE_HELD],
    ['reconnecting, kept: waits for it', reconnectingKept, deviceLost, 'backingOff 0', ...gone],
    [
      'closing: closed',
      closing(),
      deviceLost,
      'closed 0',
      'deviceLost',
      'endConnection',
      'closed 0 DEVICE_RESTARTED',
      'settle ok',
    ],
    [
      'closing, an open waits: it waits for the device',
      closing(claimOf('ws://b')),
      deviceLost,
      'opening 0 device user',
      'deviceLost',
      'endConnection',
      'closed 0 DEVICE_RESTARTED',
      'settle ok',
      'start',
    ],
  ]);

  it('open, the port was lost: no crash of the device', () => {
    const input: Input = { kind: 'deviceLost', error: new EspAtError('PORT_LOST', { port: '' }) };
    assert.ok(!taken(openKept, input).includes('deviceLost'));
  });
});

describe('device ready', () => {
  const crashLoop: Input = { kind: 'deviceReady', crashLoop: true };
  rows([
    ['closed: nothing', closed, deviceReady, 'closed 0'],
    ['backing off: opens', awaitingDevice, deviceReady, 'opening 0 device policy', 'start'],
    [
      'backing off, in a crash loop: after a delay',
      awaitingDevice,
      crashLoop,
      'backingOff 0 policy',
      'timer policy',
    ],
    [
      'opening, waiting for it: the operation goes on by itself',
      opening({ stage: 'device' }),
      deviceReady,
      'opening 0 device user',
    ],
  ]);
});

describe('network back', () => {
  rows([
    [
      'backing off: opens at once',
      backingOff,
      { kind: 'networkBack' },
      'backingOff 0 0',
      'networkBack',
      'timer 0',
    ],
    [
      'backing off, without the device: nothing',
      awaitingDevice,
      { kind: 'networkBack' },
      'backingOff 0',
    ],
    [
      'reconnecting: left to the device',
      reconnectingKept,
      { kind: 'networkBack' },
      'reconnecting 3 1',
    ],
  ]);
});

describe('a check', () => {
  const suspicion = new EspAtError('LINK_STALLED', { link: 0, seconds: 11 });
  const refused: State = { kind: 'closeRefused', goal, number: 4 };
  const ended = ['endConnection', FAIL_SUBMITTED, 'closed-by-server 0'] as const;
  rows([
    ['says 0, closed: nothing', closed, checked(0), 'closed 0'],
    ['says 0, opening: ignored', opening(), checked(0), 'opening 0 sequence user'],
    ['says 0, open: as +WS_CLOSED', open, checked(0), 'closed 0', ...ended, LOSE_HELD],
    [
      'says 0, reconnecting: as +WS_CLOSED',
      reconnecting,
      checked(0),
      'closed 0',
      ...ended,
      LOSE_HELD,
    ],
    ['says 0, closing: nothing', closing(), checked(0), 'closing 4'],
    ['says 0, close refused: closed', refused, checked(0), 'closed 0', 'endConnection', 'closed 0'],
    [
      'says 1, open: as +WS_DISCONNECTED',
      open,
      checked(1),
      'reconnecting 1',
      'endConnection',
      'lost 1',
      LOSE_SUBMITTED,
      'check',
    ],
    [
      'says 3, open: as +WS_DISCONNECTED, then that',
      open,
      checked(3),
      'reconnecting 3',
      'endConnection',
      'lost 1',
      LOSE_SUBMITTED,
      'check',
      'reconnecting 3',
    ],
    ['says 3, reconnecting: told', reconnecting, checked(3), 'reconnecting 3', 'reconnecting 3'],
    ['says 1, reconnecting: known', reconnecting, checked(1), 'reconnecting 1'],
    ['says 1, close refused: closes again', refused, checked(1), 'closeRefused 4', 'start'],
    [
      'says 2, closed: closes the stray, checks',
      closed,
      checked(2),
      'closed 0',
      'closeStray',
      'check',
    ],
    [
      'says 2, backing off: open',
      backingOff,
      checked(2),
      'open 2',
      'reopened 2',
      'beginConnection',
    ],
    ['says 2, opening: ignored', opening(), checked(2), 'opening 0 sequence user'],
    ['says 2, open: refusals are final', open, checked(2), 'open 2', 'confirmSends'],
    [
      'says 2, open but suspect: reconnects',
      { ...open, suspicion },
      checked(2),
      'opening 1 device corrupt',
      'endConnection',
      'lost 1 LINK_STALLED',
      LOSE_SUBMITTED,
      'start',
    ],
    [
      'says 2, reconnecting: open',
      reconnecting,
      checked(2),
      'open 2',
      'reopened 2',
      'beginConnection',
    ],
    ['says 2, close refused: closes again', refused, checked(2), 'closeRefused 4', 'start'],
    [
      'says 2, closing again: nothing',
      { ...refused, operation: new CloseOperation() },
      checked(2),
      'closeRefused 4',
    ],
  ]);

  it('says 2, reconnecting: the URC may still come', () => {
    const [found] = step(reconnecting, checked(2));
    assert.deepEqual(taken(found, urc('connected')), ['open 2']);
  });
});

describe('corrupt data, or a stalled link', () => {
  const error = new EspAtError('SEND_UNKNOWN', { link: 0, reason: '' });
  rows([
    ['corrupt, closed: nothing', closed, corrupted, 'closed 0'],
    ['corrupt, opening: nothing', opening(), corrupted, 'opening 0 sequence user'],
    [
      'corrupt, open: reconnects',
      open,
      corrupted,
      'opening 1 device corrupt',
      'endConnection',
      'lost 1 SEND_DAMAGED',
      LOSE_SUBMITTED,
      'start',
    ],
    ['corrupt, reconnecting: the connection is gone', reconnecting, corrupted, 'reconnecting 1'],
    ['stalled, open: checks first', open, { kind: 'stalled', error }, 'open 2', 'check'],
    [
      'broken message, open: reconnects',
      open,
      { kind: 'brokenMessage', error },
      'opening 1 device corrupt',
      'endConnection',
      'lost 1 SEND_UNKNOWN',
      LOSE_SUBMITTED,
      'start',
    ],
    [
      'broken message, closing: nothing follows it',
      closing(),
      { kind: 'brokenMessage', error },
      'closing 4',
      FAIL_HELD,
      FAIL_SUBMITTED,
      'answer',
    ],
  ]);
});
