import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { EspAtError } from '../../../driver/errors';
import { faultKinds, hostStallKinds, type FaultKind } from './faults';
import { addPair, attemptPair, searchPairs } from './pair-search';
import { scriptNamed, scripts, type Script } from './scripts';
import { ExhaustiveHarness } from './exhaustive-harness';
import { Search } from './search';
import { Tally, verdict } from './tally';
import { record } from './fault-run';

/** This test takes every 97th run of `npm run exhaustive`. A prime, so that the sample has every kind of fault. */
const STRIDE = 97;
/** For initialization, in which the device lists all commands in thousands of bytes. */
const LONG_STRIDE = 997;

/** Runs a script with every `stride`th fault, and asserts that no run violates an invariant. */
async function assertNoneFails(
  script: Script,
  kinds: readonly FaultKind[],
  stride: number,
): Promise<void> {
  const { runs, failed } = await new Search({ scripts: [script], kinds, stride }).run(script);
  assert.deepEqual(failed, []);
  assert.ok(runs > 0);
}

describe('a single fault at any place, a sample', () => {
  const paced = ['open-c', 'both-ways-d'].map((name) => ({ ...scriptNamed(name), paced: true }));
  for (const script of [...scripts, ...paced]) {
    const rate = script.paced ? ' at 115200 bits a second' : '';
    const stride = script.name.startsWith('initialize') ? LONG_STRIDE : STRIDE;
    it(`in ${script.name}${rate}: every invariant holds`, () =>
      assertNoneFails(script, faultKinds, stride));
  }
});

describe('a blocked event loop of the host, a sample', () => {
  for (const name of ['open-c', 'send-c', 'send-d', 'receive-d', 'both-ways-c', 'close-d']) {
    it(`in ${name}: loses no message, and the driver stays in sync`, () =>
      assertNoneFails(scriptNamed(name), hostStallKinds, 17));
  }
});

describe('two faults, one after the other, a sample', () => {
  for (const name of ['open-d', 'send-c', 'receive-d', 'close-c']) {
    it(`in ${name}: every invariant holds, and the search counts equal states once`, async () => {
      const options = { kinds: faultKinds, stride: 89, pairs: 25, seed: 1 };
      const found = await searchPairs(scriptNamed(name), options);
      assert.deepEqual(found.tally.failed, []);
      assert.equal(found.tally.runs, 25);
      assert.ok(found.states < found.firsts && found.pruned < found.all);
    });
  }

  it('a pair with a violation: its command repeats the pair at its rate, and the exit code is 1', async () => {
    const script = { ...scriptNamed('receive-d'), paced: true };
    const pair = 'urc-wifi@3300,urc-time@3300';
    const tally = new Tally();
    const result = await attemptPair(scriptNamed('receive-d'), pair);
    addPair(tally, { ...result, violations: ['lost'] }, script, pair);
    const { text, exitCode } = verdict(tally.failed, tally.runs);
    const repeat = `npm run exhaustive -- --script receive-d --pair ${pair} --paced`;
    assert.deepEqual(text.split('\n'), ['', repeat, '  lost', '', '1 runs with violations']);
    assert.equal(exitCode, 1);
    assert.deepEqual(verdict([], 1), { text: 'no violations', exitCode: 0 });
    assert.deepEqual(verdict([], 0), { text: 'nothing ran', exitCode: 1 });
  });

  for (const [what, name, text, changes, reason] of [
    [
      'a lost byte and, behind it in the same chunk, an inserted one',
      'receive-d',
      'hello',
      ['lost@0', 'inserted-30@4'],
      'payload byte',
    ],
    [
      'two inserted bytes before a line end of the data',
      'receive-c',
      '+WS_CLOSED:0\r\n',
      ['inserted-0d@1', 'inserted-ff@5'],
      'compensated',
    ],
  ] as const)
    it(`both apply: ${what}, which no host can detect`, async () => {
      const script = scriptNamed(name);
      const { units, from } = await record(script);
      const data = units['to-host'].find(
        (unit) => unit.role === 'data' && unit.start >= from['to-host'] && unit.text === text,
      );
      assert.ok(data);
      const pair = changes.map((change) => {
        const [fault, index] = change.split('@');
        return `${fault}:to-host@${data.start + Number(index)}`;
      });
      const { applied, undetectable, violations, trace } = await attemptPair(script, pair.join());
      assert.ok(applied);
      assert.equal(trace.filter((line) => line.includes('*** here ***')).length, 2);
      assert.deepEqual([undetectable, violations], [reason, []]);
    });
});

/** What a run does wrong, and the violation that it must find. */
const wrongs: readonly (readonly [string, (harness: ExhaustiveHarness) => unknown, RegExp])[] = [
  [
    'the driver reports no loss of a message of the server before its next one',
    (harness) => harness.logServed(0, 'lost', 1, 0),
    /^message 1 to the host .* was lost, and nothing was reported/,
  ],
  [
    'a message that the driver calls sent does not arrive',
    ({ log }) => log.send(0, 1, Buffer.from('lost'), Promise.resolve()),
    /^message 1 to the server .* was sent, but did not arrive$/,
  ],
  [
    'the server gets bytes that no message has',
    async (harness) => {
      await harness.device.links[0].send('x'.repeat(61));
    },
    /^an unknown message .* arrived at the server$/,
  ],
  [
    'a listener of the device stays',
    ({ device }) => device.on('restart', () => undefined),
    /^1 listeners are left$/,
  ],
  [
    'the device executes a command of a message',
    async ({ log, simulator }) => {
      const promise = Promise.reject(new EspAtError('LINK_NOT_OPEN', {}, { outcome: 'not-sent' }));
      log.send(0, 1, Buffer.from('AT+CWHOSTNAME?'), promise);
      await setImmediate();
      simulator.write(Buffer.from('AT+CWHOSTNAME?\r\n'));
    },
    /^the device executed AT\+CWHOSTNAME\?, which the host did not write$/,
  ],
];

describe('a run in which', () => {
  for (const [what, act, violation] of wrongs) {
    it(`${what}: a violation`, async () => {
      const script: Script = {
        ...scriptNamed('receive-d'),
        run: async (harness) => {
          await act(harness);
          await harness.advance(1000);
        },
      };
      const harness = new ExhaustiveHarness(script);
      await script.setUp?.(harness);
      await script.run(harness);
      await harness.recover();
      const violations = await harness.end();
      assert.match(violations.map(({ text }) => text).join('\n'), violation);
    });
  }
});
