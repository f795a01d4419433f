import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { EspAtError } from '../../../../driver/errors';
import { Fixture } from './fixture';

function padAfter(fixture: Fixture, ms: number): void {
  fixture.episode({ names: ['stray'], gone: 0, recovered: 25_000, blocked: 6000 });
  fixture.log.event('device-lost', 0);
  fixture.now += ms - 1;
  fixture.arrive(Buffer.from('AT+SYSSTORE?\r\n\r\n'));
}

/** The events of a run, and the violation that the checker must find; absent: none. */
const cases: readonly (readonly [
  string,
  act: (fixture: Fixture) => unknown,
  violation?: RegExp,
])[] = [
  [
    'every sent message arrived: no violation',
    async (fixture) => {
      fixture.arrive(await fixture.send(1, 'sent'));
      await fixture.send(2, 'not-sent');
      fixture.receive(fixture.serve(3));
    },
  ],
  [
    'a sent message did not arrive',
    (fixture) => fixture.send(1, 'sent'),
    /message 1 .*was sent, but did not arrive/,
  ],
  [
    'a sent message did not arrive, but its connection ended and no later one arrived over it: no violation',
    async (fixture) => {
      await fixture.send(1, 'sent');
      fixture.connection.goneAt = ++fixture.now;
    },
  ],
  [
    'a message that was not sent arrived',
    async (fixture) => fixture.arrive(await fixture.send(1, 'not-sent')),
    /was not sent, but arrived/,
  ],
  [
    'a message arrived twice',
    async (fixture) => {
      const payload = await fixture.send(1, 'sent');
      fixture.arrive(payload);
      fixture.arrive(payload);
    },
    /arrived 2 times/,
  ],
  [
    'two messages of a link arrived in another order than they were sent in',
    async (fixture) => {
      const first = await fixture.send(1, 'sent');
      fixture.arrive(await fixture.send(2, 'sent'));
      fixture.arrive(first);
    },
    /^message 1 to the server arrived after message 2 to the server, which was sent later$/,
  ],
  [
    'an outcome is unknown without a fault',
    (fixture) => fixture.send(1, 'unknown'),
    /unknown though no fault was active/,
  ],
  [
    'an outcome is unknown during a fault: no violation',
    async (fixture) => {
      await fixture.send(1, 'unknown');
      fixture.episode({ from: 0, gone: 5, recovered: 5 });
    },
  ],
  [
    'the server got corrupt data without an undetectable change',
    async (fixture) => {
      const payload = await fixture.send(1, 'not-sent');
      fixture.arrive(Buffer.concat([payload, payload]));
    },
    /an unknown message .*arrived at the server/,
  ],
  [
    'the host got corrupt data without an undetectable change',
    (fixture) => fixture.receive(fixture.serve(2).subarray(1)),
    /an unknown message .*arrived at the host/,
  ],
  [
    'a fault changed a byte of received data that looks like a header: no violation',
    (fixture) => {
      const payload = Buffer.from(',3,1,44,abc');
      fixture.log.serve(0, 1, payload, fixture.connection.number);
      const header = `+WS_DATA:0,1,1,${payload.length},${payload.length},`;
      const unit = Buffer.concat([Buffer.from(header), payload, Buffer.from('\r\n')]);
      const change = { sent: Buffer.from('a'), received: Buffer.from('A') };
      const index = unit.indexOf('abc');
      fixture.monitor.hit({
        fault: 'flip',
        at: fixture.now,
        passed: { 'to-device': 0, 'to-host': 0 },
        place: { kind: 'bytes', direction: 'to-host', offset: 0, chunk: unit, index, ...change },
      });
      fixture.receive(Buffer.from(payload.toString().replace('a', 'A')));
    },
  ],
  [
    'the device executed the rest of a command: no violation',
    (fixture) => {
      fixture.monitor.wrote(Buffer.from('AT+WSSEND=0,5\r\n'));
      fixture.monitor.executed('AT');
    },
  ],
  ...(['AT', 'AT+RST', 'AT+SYSSTORE=1'] as const).map(
    (line) =>
      [
        `the device executed ${line} of a message, after one that the host wrote`,
        async (fixture: Fixture) => {
          const { monitor } = fixture;
          monitor.wrote(Buffer.from(`${line}\r\n`));
          monitor.executed(line);
          await fixture.send(`\r\n${line}\r\n`, 'not-sent');
          monitor.wrote(Buffer.from('AT+WSSEND=0,9\r\n'));
          monitor.executed('AT+WSSEND=0,9');
          monitor.executed(line);
        },
        new RegExp(`the device executed ${line.replace('+', '\\+')}, which the host did not write`),
      ] as const,
  ),
  [
    'the device executed what the host wrote twice: no violation',
    ({ monitor }) => {
      monitor.wrote(Buffer.from('AT\r\n'));
      monitor.wrote(Buffer.from('AT\r\n'));
      monitor.executed('AT');
      monitor.executed('AT');
    },
  ],
  ...['', 'rest'].map(
    (rest) =>
      [
        `a message that began on another connection ended with "${rest}"`,
        ({ log, connection }: Fixture) => log.atServer(connection, 0, Buffer.from(rest)),
        /an unknown message .*arrived at the server/,
      ] as const,
  ),
  [
    'a received message is missing between two others, and the loss was reported: no violation',
    (fixture) => {
      fixture.receive(fixture.serve(1));
      fixture.serve(2);
      fixture.log.event('dataloss', 0);
      fixture.receive(fixture.serve(3));
    },
  ],
  [
    'a received message is missing, and noise in the line of the next one reported the loss: no violation',
    (fixture) => {
      fixture.serve(1);
      fixture.receive(fixture.serve(2));
      fixture.log.event('dataloss', 0);
    },
  ],
  [
    'a received message is missing between two others, and a loss was reported too late or of another link',
    (fixture) => {
      fixture.receive(fixture.serve(1));
      fixture.serve(2);
      fixture.log.event('dataloss', 1);
      fixture.receive(fixture.serve(3));
      fixture.now++;
      fixture.log.event('dataloss', 0);
    },
    /message 2 to the host/,
  ],
  [
    'a received message is missing, and its link was opened before the server sent it, but not later',
    (fixture) => {
      fixture.log.event('opened', 0);
      fixture.serve(1);
      fixture.receive(fixture.serve(2));
    },
    /message 1 to the host .* was lost, and nothing was reported/,
  ],
  [
    'the first message of a connection is missing, and the link was opened to it afterwards',
    (fixture) => {
      fixture.serve(1);
      fixture.log.event('opened', 0);
    },
    /message 1 to the host .* was lost, and nothing was reported/,
  ],
  ...(['closed-by-server', 'device-lost', 'reopened'] as const).map(
    (event) =>
      [
        `the last message of a connection is missing, and ${event} follows: no violation`,
        (fixture: Fixture) => {
          fixture.serve(1);
          if (event === 'reopened') fixture.log.accept(0);
          fixture.log.event(event, 0);
        },
      ] as const,
  ),
  [
    'the last message of a run is missing, and only its stop ended the link',
    (fixture) => {
      fixture.serve(1);
      fixture.log.stopping();
      fixture.log.event('device-lost', 0);
    },
    /message 1 to the host .* was lost, and nothing was reported/,
  ],
  [
    'a padded prompt arrived 20 s after a loss, and the host was blocked for 6 s: no violation',
    (fixture) => padAfter(fixture, 20_000),
  ],
  [
    'a padded prompt arrived 21 s after a loss, and the host was blocked for 6 s',
    (fixture) => padAfter(fixture, 21_000),
    /an unknown message .*arrived at the server/,
  ],
  [
    'a padded message of another link arrived before one with a changed byte: no violation',
    async (fixture) => {
      const { log } = fixture;
      fixture.episode({ names: ['overrun', 'flip'], gone: 0, recovered: 25_000 });
      const padded = Buffer.from('p'.repeat(99));
      const unknown = new EspAtError('OUT_OF_SYNC', {}, { outcome: 'unknown' });
      log.send(2, 1, padded, Promise.reject(unknown));
      const changed = await fixture.send('c'.repeat(99), 'sent');
      log.out.at(-1)?.undetectable.add('payload byte');
      fixture.now++;
      log.atServer(log.accept(2), 1, Buffer.concat([padded, Buffer.from('\r\n\r\n')]));
      fixture.arrive(Buffer.concat([changed.subarray(1), Buffer.from('C')]));
    },
  ],
  [
    'a promise does not settle',
    ({ log }) => void log.send(0, 1, Buffer.from('x'), new Promise(() => undefined)),
    /1 promises have not settled/,
  ],
  [
    'an error of a send has no outcome',
    ({ log }) => {
      log.send(0, 1, Buffer.from('x'), Promise.reject(new EspAtError('PORT_LOST')));
      return setImmediate();
    },
    /PORT_LOST without outcome/,
  ],
  [
    'links are open too late after a restart that the driver saw',
    (fixture) => {
      fixture.log.event('restart');
      fixture.episode({ names: ['restart'], gone: 0, recovered: 4000, reopened: 3600 });
    },
    /opening the links took 3600 ms/,
  ],
  [
    'links are open 7.4 s after a restart that the driver could not see: no violation',
    (fixture) => fixture.episode({ names: ['restart'], gone: 0, recovered: 8000, reopened: 7400 }),
  ],
  [
    'links are open 7.6 s after a restart that the driver could not see',
    (fixture) => fixture.episode({ names: ['restart'], gone: 0, recovered: 8000, reopened: 7600 }),
    /opening the links took 7600 ms of 7500/,
  ],
  [
    'links are open too late after replugging',
    (fixture) => fixture.episode({ names: ['unplug'], gone: 0, recovered: 4000, reopened: 3100 }),
    /opening the links took 3100 ms/,
  ],
  [
    'messages pass again too late',
    (fixture) => fixture.episode({ names: ['stall'], gone: 0, recovered: 91_000 }),
    /messages passing again took/,
  ],
  [
    'messages never pass again',
    (fixture) => fixture.episode({ names: ['flip'], recovered: undefined }),
    /messages never passed again/,
  ],
];

describe('the invariant checker', () => {
  for (const [title, act, violation] of cases) {
    it(violation ? `${title}: a violation` : title, async () => {
      const fixture = new Fixture();
      await act(fixture);
      if (violation) assert.match(fixture.violations.join(), violation);
      else assert.deepEqual(fixture.violations, []);
    });
  }
});
