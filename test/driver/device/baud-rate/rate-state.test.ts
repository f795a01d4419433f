import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LADDER, likelyRates, misheardRates } from '../../../../driver/device/baud-rate/rates';
import {
  actionOf,
  climbFrom,
  search,
  step,
  type Climb,
  type RateEvent,
  type RateState,
} from '../../../../driver/device/baud-rate/rate-state';

const START = { rate: 115_200, flowControl: 'rts' } as const;
const climb: Climb = {
  ladder: LADDER,
  ceiling: Infinity,
  isTested: true,
  losses: 0,
  wasSilent: false,
  unwiredFlowControl: 'rts',
  wires: 'unknown',
};
const EVENTS: readonly RateEvent[] = [
  ...(['answered', 'silent', 'unsupported', 'accepted', 'refused', 'unheard'] as const),
  ...(['passed', 'corrupt', 'active', 'inactive'] as const),
];
/** Actions until a climb ends, at most. */
const MAX_ACTIONS = 500;

/** The state after these events. */
function follow(begin: RateState, events: readonly RateEvent[]): RateState {
  return events.reduce(step, begin);
}

/** Runs a climb on a line; returns the settings that it sends to the device, and the last state. */
function run(
  line: (state: RateState) => RateEvent,
  begin: RateState = climbFrom(START, climb),
): { readonly changes: string[]; readonly end: RateState } {
  const changes: string[] = [];
  let state = begin;
  for (let count = 0; actionOf(state); count++) {
    assert.ok(count < MAX_ACTIONS, 'it does not end');
    const action = actionOf(state);
    if (action?.kind === 'change') changes.push(`${action.to.rate} ${action.to.flowControl}`);
    state = step(state, line(state));
  }
  return { changes, end: state };
}

/** A line on which everything works as far as a limit. */
const lineUpTo = (limit: number, wired: boolean) => (state: RateState) => {
  switch (state.kind) {
    case 'readingCts':
      return wired ? 'active' : 'inactive';
    case 'testing':
      return state.to.rate <= limit ? 'passed' : 'corrupt';
    case 'changing':
    case 'reverting':
      return 'accepted';
    default:
      return 'answered';
  }
};

describe('a climb', () => {
  it('tries the wires first, then every rate up to 3 Mbit/s', () => {
    const { changes, end } = run(lineUpTo(Infinity, true));
    assert.deepEqual(changes, [
      ...['115200 both', '230400 both', '460800 both', '921600 both'],
      ...['1500000 both', '2000000 both', '3000000 both'],
    ]);
    assert.equal(end.kind, 'settled');
  });

  it('ends at 460800 where CTS is not active, and never lets the device wait for it', () => {
    const { changes, end } = run(lineUpTo(Infinity, false));
    assert.deepEqual(changes, ['230400 rts', '460800 rts']);
    assert.equal('good' in end && end.good.rate, 460_800);
  });

  it('tries a rate that fails twice, then stays below', () => {
    const { changes, end } = run(lineUpTo(921_600, true));
    assert.deepEqual(changes.slice(4), [
      ...['1500000 both', '921600 both', '1500000 both', '921600 both'],
    ]);
    assert.equal('good' in end && end.good.rate, 921_600);
    assert.equal('climb' in end && end.climb.ceiling, 921_600);
  });

  it('lets the device drive RTS before it reads CTS', () => {
    const begin = climbFrom({ rate: 115_200, flowControl: 'none' }, climb);
    const { changes } = run(lineUpTo(115_200, false), begin);
    assert.equal(changes[0], '115200 rts');
  });

  it('goes on without the wires when the device does not answer with them', () => {
    const line = lineUpTo(Infinity, true);
    const { changes } = run((state) =>
      state.kind === 'probing' && state.to.flowControl === 'both' ? 'silent' : line(state),
    );
    assert.deepEqual(changes, ['115200 both', '115200 rts', '230400 rts', '460800 rts']);
  });

  it('lowers the rate of a device without wires that was found above 460800', () => {
    const { changes } = run(
      lineUpTo(Infinity, false),
      climbFrom({ rate: 2_000_000, flowControl: 'rts' }, climb),
    );
    assert.deepEqual(changes, ['460800 rts']);
  });

  it('checks the old and the new rate when the response to AT+UART_CUR is lost', () => {
    const changing = climbFrom(START, { ...climb, wires: 'none' });
    const probing = step(changing, 'unheard');
    assert.deepEqual(actionOf(probing), { kind: 'probe', at: { ...START, rate: 230_400 } });
    const back = follow(probing, ['silent', 'unheard']);
    assert.deepEqual(actionOf(back), { kind: 'probe', at: START });
  });

  it('searches at every rate that the device may have understood when it does not answer at the rate before', () => {
    const changing = climbFrom(START, { ...climb, wires: 'none' });
    const lost = follow(changing, ['accepted', 'silent', ...back(), ...back()]);
    const rates: (number | undefined)[] = [];
    for (let state: RateState = lost; state.kind === 'searching'; state = step(state, 'silent'))
      rates.push(state.trial.rate);
    for (const rate of [...LADDER, 230_500, 220_400, 30_400]) assert.ok(rates.includes(rate));
    const searching = follow(
      lost,
      Array.from({ length: 4 }, () => 'silent'),
    );
    assert.equal(step(searching, 'answered').kind, 'changing');
  });

  it('ends after any events, waits for CTS only where it is active, and exceeds 460800 only with it', () => {
    const event = fc.constantFrom(...EVENTS);
    const setting = fc.record({
      rate: fc.constantFrom(...LADDER, 9600, 250_000),
      flowControl: fc.constantFrom('none', 'rts', 'cts', 'both'),
    });
    fc.assert(
      fc.property(setting, fc.array(event, { maxLength: MAX_ACTIONS }), (good, events) => {
        const proof = { cts: false };
        run(
          (state) => {
            const value = events.shift() ?? 'silent';
            if (state.kind === 'readingCts') proof.cts ||= value === 'active';
            if (state.kind === 'changing') {
              const { rate, flowControl } = state.to;
              if (flowControl === 'both') assert.ok(proof.cts);
              else assert.ok(rate <= 460_800 || rate === state.good.rate, `${rate}`);
            }
            return value;
          },
          climbFrom(good, climb),
        );
      }),
    );
  });
});

describe('a search', () => {
  it('ends at the first rate that answers, or at none', () => {
    const trials = likelyRates([115_200, undefined, 0], false).map((rate) => ({
      ...({ rate, pad: 'never', pace: 'search' } as const),
    }));
    assert.deepEqual(follow(search(trials), ['silent', 'unsupported', 'answered']), {
      kind: 'found',
      rate: 2_000_000,
    });
    const silent = trials.map(() => 'silent' as const);
    assert.deepEqual(follow(search(trials), silent), { kind: 'lost' });
    assert.equal(trials.length, LADDER.length);
  });

  it('knows what a rate becomes by one bit or one digit', () => {
    const rates = misheardRates(921_600);
    for (const rate of [121_600, 821_600, 961_600, 92_160]) assert.ok(rates.includes(rate));
    assert.ok(rates.every((rate) => rate >= 80 && rate <= 5_000_000 && rate !== 921_600));
  });
});

function back(): RateEvent[] {
  return ['unheard', 'silent'];
}
