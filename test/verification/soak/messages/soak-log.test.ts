import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LinkId } from '../../../../driver/at/types';
import { seededRandom } from '../../../../simulator';
import { firstRevision } from '../flows';
import { rise } from '../growth';
import { stoppedLinks } from '../schedule';
import { Inputs } from './inputs';
import { SoakLog } from './soak-log';
import { payloadOf, seal, sealedIn, unseal, type Form } from './message';

const HOUR_MS = 3_600_000;

type Act = (log: SoakLog) => void;

/** The violations of a run in which link 0 has a connection from 0 on, and these acts happen. */
function violationsOf(...acts: readonly Act[]): readonly string[] {
  const log = new SoakLog();
  log.connected(1, 0, 0);
  for (const act of acts) act(log);
  log.settle(HOUR_MS, true);
  return log.violations;
}

const made =
  (number = 1): Act =>
  ({ sent }) =>
    sent.made(number, 0, 1000);
/** A message is made, and comes to its node. */
const began =
  (number = 1, at = 1000): Act =>
  ({ sent }) => {
    sent.made(number, 0, at);
    sent.input(number, at + 1);
  };
const ends =
  (code?: string, number = 1, at = 1100): Act =>
  ({ sent }) =>
    sent.ended(number, at, code);
const arrives =
  (link: LinkId = 0, number = 1): Act =>
  ({ sent }) =>
    sent.arrived(number, link, 1, 1050);
const gone: Act = (log) => log.gone(1, 1200);
const fault =
  (from: number, durationMs: number): Act =>
  ({ disturbances }) =>
    disturbances.fault(from, durationMs);
const deploy =
  (from: number, to: number, ...links: readonly LinkId[]): Act =>
  ({ disturbances }) =>
    disturbances.deploy(from, to, links);
const queryArrives: Act = ({ sent }) => sent.arrivedCorrupt(0, 1000, 'AT+SYSLOG?');
const boardPauses: Act = ({ disturbances }) => disturbances.hit(1050, 'late');
const byteChanges: Act = ({ disturbances }) => disturbances.hit(1050, 'to-device');

describe('messages to the server', () => {
  const right: readonly (readonly [string, ...Act[]])[] = [
    ['confirmed and arrives', began(), ends(), arrives()],
    ['confirmed, and that the server reports first', arrives(), began(), ends()],
    ['unknown in the recovery from a fault', began(), ends('SEND_UNKNOWN'), fault(0, 0)],
    ['unknown during a deploy', began(), ends('SEND_UNKNOWN'), deploy(1050, 1090, 0)],
    ['for no node during a deploy of its link', made(), deploy(900, 1100, 0)],
    ['lost behind SEND OK with its connection', began(), ends(), gone],
    ['lost, while a byte changed on the port', began(), ends(), byteChanges],
    ['corrupt, while the board paused', queryArrives, boardPauses],
  ];
  for (const [what, ...acts] of right)
    test(`one that is ${what} is no violation`, () => {
      assert.deepEqual(violationsOf(...acts), []);
    });

  const wrong: readonly (readonly [string, RegExp, ...Act[]])[] = [
    ['confirmed, but not arrived', /was sent, but did not arrive/, began(), ends()],
    [
      'not sent, but arrived',
      /failed with LINK_CLOSED, which means not sent, but arrived/,
      ...[began(), ends('LINK_CLOSED'), arrives()],
    ],
    ['arrived twice', /arrived 2 times/, began(), ends(), arrives(), arrives()],
    ['arrived on another link', /arrived on link 2/, began(), ends(), arrives(2)],
    [
      'unknown 1 s after the recovery from a fault, and during a deploy of another link',
      /neither a fault nor a deploy/,
      ...[began(1, 100_000), ends('SEND_UNKNOWN', 1, 140_000)],
      // From 15 s before its end, less 5 s for late reports. A fault lasts 15 s longer.
      ...[fault(100_000, 4999), deploy(139_000, 140_000, 1, 2)],
    ],
    ['ended twice', /ended twice/, began(), ends('LINK_CLOSED'), ends()],
    ['never ended', /did not end/, began()],
    ['arrived though never made', /was never made/, arrives(0, 7)],
    [
      'corrupt without a fault, during a deploy',
      /that no node sent/,
      deploy(900, 1100, 0, 1, 2),
      ({ sent }) => sent.arrivedCorrupt(0, 1000, '\r\no'),
    ],
    [
      'made, but no input, during a deploy of another link and a fault',
      /came to no node, and no deploy stopped one/,
      ...[made(), deploy(900, 1100, 1, 2), fault(900, 1000)],
    ],
    [
      'lost behind SEND OK, while a later one arrived over its connection',
      /^message 1 on link 0 was sent, but did not arrive$/,
      ...[began(), ends(), began(2), ends(undefined, 2), arrives(0, 2), gone],
    ],
    ['lost, while the board paused', /was sent, but did not arrive/, began(), ends(), boardPauses],
    [
      'lost beside another one, while one byte changed on the port',
      /^message 2 on link 0 was sent, but did not arrive$/,
      ...[began(), ends(), began(2), ends(undefined, 2), byteChanges],
    ],
  ];
  for (const [what, sentence, ...acts] of wrong) {
    test(`one that is ${what} is a violation`, () => {
      const violations = violationsOf(...acts);
      assert.equal(violations.length, 1, violations.join('\n'));
      assert.match(violations[0] ?? '', sentence);
    });
  }

  test('are counted by what became of them', () => {
    const log = new SoakLog();
    for (const act of [arrives(), began(), ends()]) act(log);
    assert.equal(log.sent.counts.list(), '1 arrived, 1 made, 1 confirmed');
  });
});

describe('messages to the flow', () => {
  const served =
    (number: number): Act =>
    ({ received }) =>
      received.served(1, number, 1000);
  const comes =
    (number: number | undefined): Act =>
    ({ received }) =>
      received.arrived(0, number, 1100, '\u0081\u0006good');
  const event =
    (name: string): Act =>
    ({ received }) =>
      received.event(0, name);

  for (const [name, count] of [
    ['data-loss', 0],
    ['asked', 1],
  ] as const)
    test(`one that is missing, and ${name} before the next one: ${count} violations`, () => {
      const acts = [served(1), served(2), event(name), comes(2), event('data-loss')];
      assert.equal(violationsOf(...acts).length, count);
    });

  test('the last ones of a connection that ended are lost with it', () => {
    let log: SoakLog | undefined;
    assert.deepEqual(
      violationsOf(served(1), gone, (own) => (log = own)),
      [],
    );
    assert.equal(log?.received.counts.of('lost with the connection'), 1);
  });

  test('one that never comes over an open connection, one that comes twice, and an unknown one are violations', () => {
    const acts = [served(1), served(2), comes(1), comes(1), comes(undefined)];
    const violations = violationsOf(...acts);
    assert.equal(violations.length, 3, violations.join('\n'));
    assert.match(violations[0] ?? '', /came twice/);
    assert.match(violations[1] ?? '', /that the server did not send/);
    assert.match(violations[2] ?? '', /message 2 to link 0 was lost/);
  });
});

test('an input that opens, closes or asks is a violation unless it ends once', () => {
  const inputs = new Inputs();
  inputs.begun('#1', 1000);
  inputs.ended('#1');
  inputs.settle(HOUR_MS, true);
  assert.deepEqual(inputs.violations, []);
  inputs.ended('#1');
  inputs.begun('#2', 1000);
  inputs.settle(HOUR_MS);
  assert.equal(inputs.violations.length, 2);
});

test('a deploy stops the nodes of the links that it changed, a full one and one of the device all', () => {
  const { sender } = firstRevision;
  const changed = { ...firstRevision, sender: [sender[0], 1, sender[2]] as const };
  assert.deepEqual(stoppedLinks('nodes', firstRevision, changed), [1]);
  assert.deepEqual(stoppedLinks('nodes', firstRevision, { ...changed, device: 1 }), [0, 1, 2]);
  assert.deepEqual(stoppedLinks('full', firstRevision, firstRevision), [0, 1, 2]);
});

test('a message has its identity in every form; one with a changed byte has none', () => {
  const random = seededRandom(1);
  for (const form of ['text', 'binary', 'json'] satisfies Form[]) {
    for (const length of [0, 50, 5000]) {
      const identity = { way: 'out', link: 2, number: 17 } as const;
      const payload = payloadOf(seal(identity, length, random), form);
      assert.deepEqual(unseal(sealedIn(payload) ?? ''), identity);
      const bytes = Buffer.from(payload);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      assert.equal(unseal(sealedIn(form === 'binary' ? bytes : bytes.toString()) ?? ''), undefined);
    }
  }
});

test('rise() is 0 for a peak and for a rise in the warm-up, else the rise', () => {
  const points = (valueOf: (at: number) => number) =>
    Array.from({ length: 100 }, (_, at) => ({ at, value: valueOf(at) }));
  assert.equal(rise(points((at) => at)), 74);
  assert.equal(rise(points((at) => (at === 60 ? 1000 : 5))), 0);
  assert.equal(rise(points((at) => Math.min(at, 20))), 0);
  assert.equal(rise([{ at: 0, value: 1 }]), undefined);
});
