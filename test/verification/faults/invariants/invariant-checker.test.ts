import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { LinkId } from '../../../../driver/at/types';
import { EspAtError } from '../../../../driver/errors';
import type { FaultEpisode } from '../fault-episode';
import { Fixture } from './fixture';

type Act = (fixture: Fixture) => unknown;

/** The host sends a message, which arrives so many times. */
const sends =
  (number: number, outcome: 'sent' | 'not-sent' | 'unknown', arrivals = 0): Act =>
  async (fixture) => {
    const payload = await fixture.send(number, outcome);
    for (let count = 0; count < arrivals; count++) fixture.arrive(payload);
  };
/** The server sends a message, which does not arrive. */
const serves =
  (number: number): Act =>
  (fixture) =>
    fixture.serve(number);
/** The server sends a message, which arrives. */
const passes =
  (number: number): Act =>
  (fixture) =>
    fixture.receive(fixture.serve(number));
const emits =
  (event: string, link?: LinkId): Act =>
  ({ log }) =>
    log.event(event, link);
const fails =
  (name: string, episode: Partial<FaultEpisode>): Act =>
  (fixture) =>
    fixture.episode({ names: [name], gone: 0, ...episode });
const writes =
  (line: string): Act =>
  ({ monitor }) =>
    monitor.wrote(Buffer.from(`${line}\r\n`));
const executes =
  (line: string): Act =>
  ({ monitor }) =>
    monitor.executed(line);

/** A padded prompt arrives some time after a loss, and the host was blocked for 6 s between. */
const padAfter =
  (ms: number): Act =>
  (fixture) => {
    fixture.blocks.push({ from: 2000, to: 8000 });
    fixture.log.event('device-lost', 0);
    fixture.now += ms - 1;
    fixture.arrive(Buffer.from('AT+SYSSTORE?\r\n\r\n'));
  };

const UNKNOWN_AT_SERVER = /an unknown message .*arrived at the server/;
const LOST = /message 1 to the host .* was lost, and nothing was reported/;

/** What happens in a run, and the violation that the checker must find; undefined: none. */
const cases: Readonly<Record<string, readonly [RegExp | undefined, ...Act[]]>> = {
  'every sent message arrived': [undefined, sends(1, 'sent', 1), sends(2, 'not-sent'), passes(3)],
  'a sent message did not arrive': [/message 1 .*was sent, but did not arrive/, sends(1, 'sent')],
  'a sent message did not arrive, but its connection ended and no later one arrived over it': [
    undefined,
    sends(1, 'sent'),
    (fixture) => (fixture.connection.goneAt = ++fixture.now),
  ],
  'a sent message did not arrive, and the next connection began before the blocked host read its SEND OK':
    [
      undefined,
      async (fixture) => {
        fixture.connection.goneAt = fixture.now;
        const settle = fixture.begin(1);
        fixture.log.accept(0);
        await settle();
      },
    ],
  'a message that was not sent arrived': [/was not sent, but arrived/, sends(1, 'not-sent', 1)],
  'a message arrived twice': [/arrived 2 times/, sends(1, 'sent', 2)],
  'two messages of a link arrived in another order than they were sent in': [
    /^message 1 to the server arrived after message 2 to the server, which was sent later$/,
    async (fixture) => {
      const first = await fixture.send(1, 'sent');
      fixture.arrive(await fixture.send(2, 'sent'));
      fixture.arrive(first);
    },
  ],
  'an outcome is unknown without a fault': [
    /unknown though no fault was active/,
    sends(1, 'unknown'),
  ],
  'an outcome is unknown during a fault': [
    undefined,
    sends(1, 'unknown'),
    fails('lose', { from: 0, gone: 5, recovered: 5 }),
  ],
  'the server got corrupt data without an undetectable change': [
    UNKNOWN_AT_SERVER,
    async (fixture) => {
      const payload = await fixture.send(1, 'not-sent');
      fixture.arrive(Buffer.concat([payload, payload]));
    },
  ],
  'the host got corrupt data without an undetectable change': [
    /an unknown message .*arrived at the host/,
    (fixture) => fixture.receive(fixture.serve(2).subarray(1)),
  ],
  'a fault changed a byte of received data that looks like a header': [
    undefined,
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
  'the device executed the rest of a command': [
    undefined,
    ...[writes('AT+WSSEND=0,5'), executes('AT')],
  ],
  ...Object.fromEntries(
    ['AT', 'AT+RST', 'AT+SYSSTORE=1'].map(
      (line) =>
        [
          `the device executed ${line} of a message, after one that the host wrote`,
          [
            new RegExp(
              `the device executed ${line.replace('+', '\\+')}, which the host did not write`,
            ),
            ...[writes(line), executes(line)],
            (fixture: Fixture) => fixture.send(`\r\n${line}\r\n`, 'not-sent'),
            ...[writes('AT+WSSEND=0,9'), executes('AT+WSSEND=0,9'), executes(line)],
          ],
        ] as const,
    ),
  ),
  'the device executed what the host wrote twice': [
    undefined,
    ...[writes('AT'), writes('AT'), executes('AT'), executes('AT')],
  ],
  ...Object.fromEntries(
    ['', 'rest'].map(
      (rest) =>
        [
          `a message that began on another connection ended with "${rest}"`,
          [
            UNKNOWN_AT_SERVER,
            ({ log, connection }: Fixture) => log.atServer(connection, 0, Buffer.from(rest)),
          ],
        ] as const,
    ),
  ),
  'a received message is missing between two others, and the loss was reported': [
    undefined,
    ...[passes(1), serves(2), emits('dataloss', 0), passes(3)],
  ],
  'a received message is missing, and noise in the line of the next one reported the loss': [
    undefined,
    ...[serves(1), passes(2), emits('dataloss', 0)],
  ],
  'a received message is missing between two others, and a loss was reported too late or of another link':
    [
      /message 2 to the host/,
      ...[passes(1), serves(2), emits('dataloss', 1), passes(3)],
      (fixture) => fixture.now++,
      emits('dataloss', 0),
    ],
  ...Object.fromEntries(
    (['insync', 'restart', 'device-lost', undefined] as const).map(
      (end) =>
        [
          `a received message is missing after a loss out of sync, which ${end ?? 'nothing'} has ended`,
          [
            end && /message 2 to the host .* was lost, and nothing was reported/,
            ...[emits('outofsync'), emits('dataloss', 0), ...(end ? [emits(end)] : [])],
            ...[passes(1), serves(2), passes(3)],
          ],
        ] as const,
    ),
  ),
  'a received message is missing within a loss out of sync': [
    undefined,
    ...[emits('outofsync'), emits('dataloss', 0), passes(1), serves(2), emits('insync'), passes(3)],
  ],
  'a received message is missing, and its link was opened before the server sent it, but not later':
    [LOST, ...[emits('opened', 0), serves(1), passes(2)]],
  'the first message of a connection is missing, and the link was opened to it afterwards': [
    LOST,
    ...[serves(1), emits('opened', 0)],
  ],
  ...Object.fromEntries(
    (['closed-by-server', 'device-lost', 'reopened'] as const).map(
      (event) =>
        [
          `the last message of a connection is missing, and ${event} follows`,
          [
            undefined,
            serves(1),
            ({ log }: Fixture) => event === 'reopened' && log.accept(0),
            emits(event, 0),
          ],
        ] as const,
    ),
  ),
  'a message arrived behind the corrupt delimiter of an empty one': [
    undefined,
    (fixture: Fixture) => {
      fixture.monitor.corruptDelimiters.push({ link: 0, at: fixture.now });
      fixture.receive(Buffer.concat([Buffer.from('!'), fixture.serve(1)]));
    },
  ],
  'a message arrived behind a byte that no fault explains': [
    /an unknown message .*arrived at the host/,
    (fixture: Fixture) => {
      fixture.receive(Buffer.concat([Buffer.from('!'), fixture.serve(1)]));
    },
  ],
  'the last message of a run is missing, and only its stop ended the link': [
    LOST,
    ...[serves(1), ({ log }: Fixture) => log.stopping(), emits('device-lost', 0)],
  ],
  'a padded prompt arrived 20 s after a loss, and the host was blocked for 6 s': [
    undefined,
    padAfter(20_000),
  ],
  'a padded prompt arrived 21 s after a loss, and the host was blocked for 6 s': [
    UNKNOWN_AT_SERVER,
    padAfter(21_000),
  ],
  'a padded message of another link arrived before one with a changed byte': [
    undefined,
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
  'a promise does not settle': [
    /1 promises have not settled/,
    ({ log }) => void log.send(0, 1, Buffer.from('x'), new Promise(() => undefined)),
  ],
  'an error of a send has no outcome': [
    /PORT_LOST without outcome/,
    ({ log }) => {
      log.send(0, 1, Buffer.from('x'), Promise.reject(new EspAtError('PORT_LOST')));
      return setImmediate();
    },
  ],
  'links are open too late after a restart that the driver saw': [
    /opening the links took 3600 ms/,
    ...[emits('restart'), fails('restart', { recovered: 4000, reopened: 3600 })],
  ],
  'links are open 7.4 s after a restart that the driver could not see': [
    undefined,
    fails('restart', { recovered: 8000, reopened: 7400 }),
  ],
  'links are open 7.6 s after a restart that the driver could not see': [
    /opening the links took 7600 ms of 7500/,
    fails('restart', { recovered: 8000, reopened: 7600 }),
  ],
  'links are open too late after replugging': [
    /opening the links took 3100 ms/,
    fails('unplug', { recovered: 4000, reopened: 3100 }),
  ],
  'messages pass again too late': [
    /messages passing again took/,
    fails('stall', { recovered: 91_000 }),
  ],
  'messages never pass again': [
    /messages never passed again/,
    fails('flip', { gone: 1, recovered: undefined }),
  ],
};

describe('the invariant checker', () => {
  for (const [title, [violation, ...acts]] of Object.entries(cases)) {
    it(`${title}: ${violation ? 'a violation' : 'no violation'}`, async () => {
      const fixture = new Fixture();
      for (const act of acts) await act(fixture);
      if (violation) assert.match(fixture.violations.join(), violation);
      else assert.deepEqual(fixture.violations, []);
    });
  }
});
