import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { EspAtError } from '../../../driver/errors';
import { faultKind, faultKinds, hostStallKinds } from './faults';
import { MessageLog } from '../message-log';
import { audit, type Extras, type ServerEnd } from './audit';
import { attemptPair, searchPairs } from './pair-search';
import { scriptNamed, scripts } from './scripts';
import { Search } from './search';
import { attempt, record } from './fault-run';
import type { Direction } from './fault-port';

/** This test takes every 97th run of `npm run exhaustive`. A prime, so that the sample has every kind of fault. */
const STRIDE = 97;
/** For initialization, in which the device lists all commands in thousands of bytes. */
const LONG_STRIDE = 997;

describe('a single fault at any place, a sample', () => {
  const paced = ['open-c', 'both-ways-d'].map((name) => ({ ...scriptNamed(name), paced: true }));
  for (const script of [...scripts, ...paced]) {
    const rate = script.paced ? ' at 115200 bits a second' : '';
    it(`in ${script.name}${rate}: every invariant holds`, async () => {
      const stride = script.name.startsWith('bring-up') ? LONG_STRIDE : STRIDE;
      const search = new Search({ scripts: [script], kinds: faultKinds, stride });
      const { runs, failed } = await search.run(script);
      assert.deepEqual(failed, []);
      assert.ok(runs > 0);
    });
  }
});

describe('a blocked event loop of the host, a sample', () => {
  for (const name of ['open-c', 'send-c', 'send-d', 'receive-d', 'both-ways-c', 'close-d']) {
    it(`in ${name}: loses no message, and the driver stays in sync`, async () => {
      const script = scriptNamed(name);
      const search = new Search({ scripts: [script], kinds: hostStallKinds, stride: 17 });
      const { runs, failed } = await search.run(script);
      assert.deepEqual(failed, []);
      assert.ok(runs > 0);
    });
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

  it('both apply: a lost byte and, behind it in the same chunk, an inserted one', async () => {
    const script = scriptNamed('receive-d');
    const { units, from } = await record(script);
    const data = units['to-host'].find(
      ({ role, start }) => role === 'data' && start >= from['to-host'],
    );
    assert.equal(data?.text, 'hello');
    const pair = `lost:to-host@${data.start},inserted-30:to-host@${data.end - 1}`;
    const { applied, undetectable, violations, trace } = await attemptPair(script, pair);
    assert.ok(applied);
    assert.equal(trace.filter((line) => line.includes('*** here ***')).length, 2);
    assert.deepEqual([undetectable, violations], ['payload byte', []]);
  });
});

/** Regressions: a fault and its byte, by the text around it. */
const regressions: readonly {
  readonly what: string;
  readonly script: string;
  readonly fault: string;
  readonly direction: Direction;
  readonly text: string;
  /** Index of the byte in the text. */
  readonly index: number;
}[] = [
  {
    what: 'a corrupt name in the list of commands: the driver still finds WebSocket support',
    script: 'bring-up-d',
    fault: 'flipped-1:to-host',
    direction: 'to-host',
    text: '"AT+WSOPEN"',
    index: 9,
  },
  {
    what: 'a restart between two commands of an open sequence: open() settles',
    script: 'open-c',
    fault: 'restart:to-host',
    direction: 'to-host',
    text: '\r\nOK\r\n+WS_CONNECTED:0',
    index: 4,
  },
  {
    what: 'a corrupt link number in AT+WSOPEN: the right link opens',
    script: 'open-d',
    fault: 'flipped-1:to-device',
    direction: 'to-device',
    text: 'AT+WSOPEN=0',
    index: 10,
  },
  {
    what: 'a corrupt AT+WSDATAFMT: the driver sets the data format again',
    script: 'open-d',
    fault: 'lost:to-device',
    direction: 'to-device',
    text: 'AT+WSDATAFMT=0,0,55',
    index: 18,
  },
  {
    what: 'a received length that grew: the driver still receives the data behind it',
    script: 'receive-c',
    fault: 'inserted-30:to-host',
    direction: 'to-host',
    text: '+WS_DATA:0,14,',
    index: 13,
  },
  {
    what: 'a received length that grew: it does not take in a response',
    script: 'both-ways-c',
    fault: 'inserted-30:to-host',
    direction: 'to-host',
    text: '+WS_DATA:0,6,in one',
    index: 12,
  },
  {
    what: 'an empty final frame whose announced length grew: the driver pads its prompt',
    script: 'send-fragments-d',
    fault: 'inserted-30:to-device',
    direction: 'to-device',
    text: 'AT+WSSEND=0,0,0',
    index: 12,
  },
  {
    what: 'a ping without payload whose length grew: the driver pads its prompt, and says so',
    script: 'closed-by-server-d',
    fault: 'lost:to-device',
    direction: 'to-device',
    text: 'AT+WSSEND=0,0,9',
    index: 13,
  },
  {
    what: 'a URC whose line end was lost: the driver acts before the next byte',
    script: 'reconnect-c',
    fault: 'lost:to-host',
    direction: 'to-host',
    text: '+WS_CONNECTED:0\r\n',
    index: 15,
  },
  {
    what: 'a reconnect reported for another link: the driver finds it by asking',
    script: 'reconnect-d',
    fault: 'flipped-0:to-host',
    direction: 'to-host',
    text: '+WS_CONNECTED:0\r\n',
    index: 14,
  },
  {
    what: 'a lost last byte of a payload: the outcome is not sent',
    script: 'send-c',
    fault: 'lost:to-device',
    direction: 'to-device',
    text: '\r\nOK\r\n>',
    index: 6,
  },
  {
    what: 'a close frame whose length was corrupt: it does not take in AT+RST',
    script: 'close-d',
    fault: 'lost:to-device',
    direction: 'to-device',
    text: 'AT+WSSEND=0,2,8',
    index: 13,
  },
];

describe('a single fault that once broke an invariant', () => {
  for (const { what, script: name, fault, direction, text, index } of regressions) {
    it(what, async () => {
      const script = scriptNamed(name);
      const recording = await record(script);
      const whole = recording.units[direction].map((unit) => unit.text).join('');
      const start = whole.indexOf(text, recording.from[direction]);
      assert.ok(start >= 0, `no end wrote ${text}`);
      const outcome = await attempt(script, {
        kind: faultKind(fault),
        at: start + index,
        recording,
      });
      assert.ok(outcome.applied);
      assert.deepEqual(outcome.violations, []);
    });
  }

  it('a hang during initialization: the driver restarts the device', async () => {
    const script = scriptNamed('bring-up-c');
    const outcome = await attempt(script, {
      kind: faultKind('outcome-hang'),
      at: 0,
      recording: await record(script),
    });
    assert.ok(outcome.applied);
    assert.deepEqual(outcome.violations, []);
  });
});

describe('the invariants of an exhaustive run', () => {
  const server = (link: number, ...texts: string[]): ServerEnd[] => [
    {
      request: { target: `/${link}` },
      frames: texts.map((text) => ({ opcode: 1, payload: Buffer.from(text) })),
    },
  ];

  async function violations(
    act: (log: MessageLog) => unknown,
    connections: readonly ServerEnd[] = [],
    extras?: Extras,
  ): Promise<number> {
    const log = new MessageLog(() => 0);
    act(log);
    await setImmediate();
    return audit(log, connections, extras).length;
  }

  const m = Buffer.from('m');
  const send = (log: MessageLog, promise: Promise<void>) => log.send(0, 1, m, promise);
  const failure = (outcome: 'not-sent' | 'unknown') => () =>
    Promise.reject(new EspAtError('OUT_OF_SYNC', {}, { outcome }));

  for (const [what, outcome, got, amiss] of [
    ['sent and received once', () => Promise.resolve(), ['m'], 0],
    ['sent and never received', () => Promise.resolve(), [], 1],
    ['sent and received twice', () => Promise.resolve(), ['m', 'm'], 1],
    ['sent and received corrupt', () => Promise.resolve(), ['n'], 2],
    ['not sent and not received', failure('not-sent'), [], 0],
    ['not sent but received', failure('not-sent'), ['m'], 1],
    ['unknown and not received', failure('unknown'), [], 0],
    ['unknown and received', failure('unknown'), ['m'], 0],
    ['unknown and received corrupt', failure('unknown'), ['m\r\n'], 0],
    ['failed without an outcome', () => Promise.reject(new Error('x')), [], 1],
    ['never settled', () => new Promise<void>(() => undefined), [], 1],
  ] as const) {
    it(`a message is ${what}: ${amiss} violations`, async () => {
      assert.equal(await violations((log) => send(log, outcome()), server(0, ...got)), amiss);
    });
  }

  for (const target of [1, 7]) {
    it(`a message arrives on link ${target} instead of 0: 2 violations`, async () => {
      const arrived = server(target, 'm');
      assert.equal(await violations((log) => send(log, Promise.resolve()), arrived), 2);
    });
  }

  it('the device executes a command out of a message: a violation', async () => {
    const extras = { pads: 0, injected: ['AT+RST'] };
    assert.equal(await violations(() => undefined, [], extras), 1);
  });

  it('a request never settles: a violation', async () => {
    assert.equal(await violations((log) => log.request('query', new Promise(() => undefined))), 1);
  });

  const serve = (log: MessageLog) => log.serve(0, 1, m, 0);
  const receive = (log: MessageLog) => log.atHost({ link: 0, opcode: 1, bytes: m });
  for (const [what, act, amiss] of [
    ['is missing without a reported loss', [serve], 1],
    ['arrives', [serve, receive], 0],
    ['is missing, and a loss is reported', [serve, (log) => log.event('dataloss', 0)], 0],
    [
      'is missing, and a loss is reported of another link',
      [serve, (log) => log.event('dataloss', 1)],
      1,
    ],
    ['is received twice', [serve, receive, receive], 1],
    ['was never served', [receive], 1],
  ] as readonly (readonly [string, readonly ((log: MessageLog) => unknown)[], number])[]) {
    it(`a message of the server ${what}: ${amiss} violations`, async () => {
      assert.equal(await violations((log) => act.forEach((each) => each(log))), amiss);
    });
  }
});
