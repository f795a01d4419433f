import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../driver/errors';
import { faultKind, faultKinds } from './faults';
import { audit, Ledger } from './ledger';
import { scriptNamed, scripts } from './scripts';
import { Search } from './search';
import { attempt, record } from './trial';
import type { Direction } from './watched-line';

/** `npm run exhaustive` takes every run, this one of so many: primes, so that they meet every kind. */
const STRIDE = 97;
/** The same for what says thousands of bytes: the list of all commands. */
const LONG_STRIDE = 997;

describe('every single fault, a sample', () => {
  for (const script of scripts) {
    it(`is survived: ${script.name}`, async () => {
      const stride = script.name.startsWith('bring-up') ? LONG_STRIDE : STRIDE;
      const search = new Search({ scripts: [script], kinds: faultKinds, stride });
      const { runs, violations } = await search.run(script);
      assert.deepEqual(violations, []);
      assert.ok(runs > 0);
    });
  }
});

describe('every single fault, a sample at 115200 bits a second', () => {
  for (const name of ['open-c', 'both-ways-d']) {
    it(`is survived: ${name}`, async () => {
      const script = { ...scriptNamed(name), paced: true };
      const search = new Search({ scripts: [script], kinds: faultKinds, stride: STRIDE });
      const { runs, violations } = await search.run(script);
      assert.deepEqual(violations, []);
      assert.ok(runs > 0);
    });
  }
});

/** What once went wrong: a fault, and the byte it strikes, found by the text around it. */
const found: readonly {
  readonly what: string;
  readonly script: string;
  readonly fault: string;
  readonly direction: Direction;
  readonly text: string;
  /** Of the byte in the text. */
  readonly index: number;
}[] = [
  {
    what: 'a damaged name in the list of commands does not make WebSocket seem absent',
    ...{ script: 'bring-up-d', fault: 'flipped-1:to-host', direction: 'to-host' },
    ...{ text: '"AT+WSOPEN"', index: 9 },
  },
  {
    what: 'a restart between two commands of an opening leaves nobody waiting for ever',
    ...{ script: 'open-c', fault: 'restart:to-host', direction: 'to-host' },
    ...{ text: '\r\nOK\r\n+WS_CONNECTED:0', index: 4 },
  },
  {
    what: 'when another link was opened instead, this one is open soon',
    ...{ script: 'open-d', fault: 'flipped-1:to-device', direction: 'to-device' },
    ...{ text: 'AT+WSOPEN=0', index: 10 },
  },
  {
    what: 'a data format that was damaged on its way is set again',
    ...{ script: 'open-d', fault: 'lost:to-device', direction: 'to-device' },
    ...{ text: 'AT+WSDATAFMT=0,0,55', index: 18 },
  },
  {
    what: 'a length that grew does not swallow what follows for ever',
    ...{ script: 'receive-c', fault: 'inserted-30:to-host', direction: 'to-host' },
    ...{ text: '+WS_DATA:0,14,', index: 13 },
  },
  {
    what: 'a length that grew does not take in an answer',
    ...{ script: 'both-ways-c', fault: 'inserted-30:to-host', direction: 'to-host' },
    ...{ text: '+WS_DATA:0,6,in one', index: 12 },
  },
  {
    what: 'an empty final frame that asks for bytes it does not have gets them',
    ...{ script: 'send-fragments-d', fault: 'inserted-30:to-device', direction: 'to-device' },
    ...{ text: 'AT+WSSEND=0,0,0', index: 12 },
  },
  {
    what: 'a report whose line end was lost is not kept back until something else is said',
    ...{ script: 'reconnect-c', fault: 'lost:to-host', direction: 'to-host' },
    ...{ text: '+WS_CONNECTED:0\r\n', index: 15 },
  },
  {
    what: 'a reconnect that is reported of another link is found by asking',
    ...{ script: 'reconnect-d', fault: 'flipped-0:to-host', direction: 'to-host' },
    ...{ text: '+WS_CONNECTED:0\r\n', index: 14 },
  },
  {
    what: 'a message whose last byte was lost is not called sent',
    ...{ script: 'send-c', fault: 'lost:to-device', direction: 'to-device' },
    ...{ text: '\r\nOK\r\n>', index: 6 },
  },
  {
    what: 'a close frame whose length was damaged does not take in AT+RST',
    ...{ script: 'close-d', fault: 'lost:to-device', direction: 'to-device' },
    ...{ text: 'AT+WSSEND=0,2,8', index: 13 },
  },
];

describe('once found', () => {
  for (const { what, script: name, fault, direction, text, index } of found) {
    it(what, async () => {
      const script = scriptNamed(name);
      const recording = await record(script);
      const whole = recording.units[direction].map((unit) => unit.text).join('');
      const start = whole.indexOf(text, recording.from[direction]);
      assert.ok(start >= 0, `nothing like ${text} is on the line`);
      const outcome = await attempt(script, faultKind(fault), start + index, recording);
      assert.ok(outcome.struck);
      assert.deepEqual(outcome.violations, []);
    });
  }

  it('a device that hangs during its bring-up is restarted', async () => {
    const script = scriptNamed('bring-up-c');
    const outcome = await attempt(script, faultKind('fate-hang'), 0, await record(script));
    assert.ok(outcome.struck);
    assert.deepEqual(outcome.violations, []);
  });
});

describe('the books', () => {
  const server = (link: number, ...texts: string[]) => [
    {
      request: { target: `/${link}` },
      frames: texts.map((text) => ({ opcode: 1, payload: Buffer.from(text) })),
    },
  ];

  async function findings(
    fill: (ledger: Ledger) => unknown,
    connections: Parameters<typeof audit>[1] = [],
  ): Promise<string[]> {
    const ledger = new Ledger(() => 0);
    await fill(ledger);
    return audit(ledger, connections).map(({ text }) => text);
  }

  const entry = { link: 0, text: 'm', opcode: 1 } as const;
  const failure = (outcome: 'not-sent' | 'unknown') => () =>
    Promise.reject(new EspAtError('OUT_OF_STEP', {}, { outcome }));

  for (const [what, outcome, got, amiss] of [
    ['sent and got once', () => Promise.resolve(), ['m'], 0],
    ['sent and never got', () => Promise.resolve(), [], 1],
    ['sent and got twice', () => Promise.resolve(), ['m', 'm'], 1],
    ['sent and got damaged', () => Promise.resolve(), ['n'], 2],
    ['not sent and not got', failure('not-sent'), [], 0],
    ['not sent but got', failure('not-sent'), ['m'], 1],
    ['unknown and not got', failure('unknown'), [], 0],
    ['unknown and got', failure('unknown'), ['m'], 0],
    ['unknown and got damaged', failure('unknown'), ['m\r\n'], 0],
    ['failed without an outcome', () => Promise.reject(new Error('x')), [], 1],
  ] as const) {
    it(`judge a message: ${what}`, async () => {
      const found = await findings((ledger) => ledger.send(entry, outcome()), server(0, ...got));
      assert.equal(found.length, amiss, found.join());
    });
  }

  it('miss a message that came out of another link', async () => {
    const found = await findings((ledger) => ledger.send(entry, Promise.resolve()), server(1, 'm'));
    assert.equal(found.length, 2, found.join());
  });

  it('miss a command that the device took out of a message', async () => {
    const found = await findings(
      (ledger) => {
        const sending = ledger.send({ ...entry, text: 'a\r\nAT+RST\r\n' }, Promise.resolve());
        ledger.carriedOut('AT+GMR');
        ledger.carriedOut('AT+RST');
        return sending;
      },
      server(0, 'a\r\nAT+RST\r\n'),
    );
    assert.deepEqual(found, ['the device took AT+RST out of a message']);
  });

  it('miss a promise that never settles', async () => {
    const found = await findings((ledger) => {
      void ledger.send(entry, new Promise(() => undefined));
      void ledger.ask('query', new Promise(() => undefined));
    });
    assert.equal(found.length, 2, found.join());
  });

  const received = (text: string) => {
    return { link: 0, uri: '', owner: undefined, opcode: 1, bytes: Buffer.from(text) } as const;
  };

  it('miss what was served, unless it came or a loss was reported', async () => {
    const served = (ledger: Ledger) => ledger.serve(0, 'm');
    assert.equal((await findings(served)).length, 1);
    assert.deepEqual(
      await findings((ledger) => {
        served(ledger);
        ledger.received.push(received('m'));
      }),
      [],
    );
    assert.deepEqual(
      await findings((ledger) => {
        served(ledger);
        ledger.heard({ link: 0, event: 'gap', state: 2, uri: '', owner: undefined });
      }),
      [],
    );
  });

  it('miss what came twice, or was never served', async () => {
    const twice = await findings((ledger) => {
      ledger.serve(0, 'm');
      ledger.received.push(received('m'), received('m'));
    });
    assert.equal(twice.length, 1, twice.join());
    assert.equal((await findings((ledger) => ledger.received.push(received('m')))).length, 1);
  });
});
