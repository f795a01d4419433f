import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '../../../../simulator';
import { firstRevision } from '../flows';
import { rise } from '../growth';
import { stoppedLinks } from '../schedule';
import { Inputs } from './inputs';
import { SoakLog } from './soak-log';
import { payloadOf, seal, sealedIn, unseal, type Form } from './message';

const HOUR_MS = 3_600_000;

/** A log with a connection of link 0 from 0 on. */
function opened(): SoakLog {
  const log = new SoakLog();
  log.connected(1, 0, 0);
  return log;
}

/** Message 1 is made, comes to its node and ends there. */
function sends(log: SoakLog, code?: string): void {
  log.sent.made(1, 0, 1000);
  log.sent.input(1, 1001);
  log.sent.ended(1, 1100, code);
}

function violationsOf(log: SoakLog): readonly string[] {
  log.settle(HOUR_MS, true);
  return log.violations;
}

describe('messages to the server', () => {
  test('one that is confirmed and arrives is no violation, also when the server reports it first', () => {
    const log = opened();
    log.sent.arrived(1, 0, 1, 1050);
    sends(log);
    assert.deepEqual(violationsOf(log), []);
    assert.deepEqual(log.sent.tally, { arrived: 1, confirmed: 1, made: 1 });
  });

  const wrong: readonly [string, (log: SoakLog) => void, RegExp][] = [
    ['confirmed, but not arrived', (log) => sends(log), /was sent, but did not arrive/],
    [
      'not sent, but arrived',
      (log) => {
        sends(log, 'LINK_CLOSED');
        log.sent.arrived(1, 0, 1, 1200);
      },
      /failed with LINK_CLOSED, which means not sent, but arrived/,
    ],
    [
      'arrived twice',
      (log) => {
        sends(log);
        log.sent.arrived(1, 0, 1, 1200);
        log.sent.arrived(1, 0, 1, 1300);
      },
      /arrived 2 times/,
    ],
    [
      'arrived on another link',
      (log) => {
        sends(log);
        log.sent.arrived(1, 2, 1, 1200);
      },
      /arrived on link 2/,
    ],
    [
      'unknown 1 s after the recovery from a fault, and during a deploy of another link',
      (log) => {
        log.sent.made(1, 0, 100_000);
        log.sent.input(1, 100_001);
        log.sent.ended(1, 140_000, 'SEND_UNKNOWN');
        // From 15 s before its end, less 5 s for late reports. A fault lasts 15 s longer.
        log.disturbances.fault(100_000, 4999);
        log.disturbances.deploy(139_000, 140_000, [1, 2]);
      },
      /neither a fault nor a deploy/,
    ],
    [
      'ended twice',
      (log) => {
        sends(log, 'LINK_CLOSED');
        log.sent.ended(1, 1200, undefined);
      },
      /ended twice/,
    ],
    [
      'never ended',
      (log) => {
        log.sent.made(1, 0, 1000);
        log.sent.input(1, 1001);
      },
      /did not end/,
    ],
    ['arrived though never made', (log) => log.sent.arrived(7, 0, 1, 1000), /was never made/],
    [
      'corrupt without a fault, during a deploy',
      (log) => {
        log.disturbances.deploy(900, 1100, [0, 1, 2]);
        log.sent.arrivedCorrupt(0, 1000, '\r\no');
      },
      /that no node sent/,
    ],
    [
      'made, but no input, during a deploy of another link and a fault',
      (log) => {
        log.sent.made(1, 0, 1000);
        log.disturbances.deploy(900, 1100, [1, 2]);
        log.disturbances.fault(900, 1000);
      },
      /came to no node, and no deploy stopped one/,
    ],
  ];
  for (const [what, happens, sentence] of wrong) {
    test(`one that is ${what} is a violation`, () => {
      const log = opened();
      happens(log);
      const violations = violationsOf(log);
      assert.equal(violations.length, 1, violations.join('\n'));
      assert.match(violations[0] ?? '', sentence);
    });
  }

  test('one that is unknown in the recovery from a fault, or during a deploy of its link, is no violation', () => {
    for (const disturb of [
      ({ disturbances }: SoakLog) => disturbances.fault(0, 0),
      ({ disturbances }: SoakLog) => disturbances.deploy(1050, 1090, [0]),
    ]) {
      const log = opened();
      sends(log, 'SEND_UNKNOWN');
      disturb(log);
      assert.deepEqual(violationsOf(log), []);
    }
  });

  test('one that comes to no node during a deploy of its link is no violation', () => {
    const log = opened();
    log.sent.made(1, 0, 1000);
    log.disturbances.deploy(900, 1100, [0]);
    assert.deepEqual(violationsOf(log), []);
  });

  test('one that is lost behind SEND OK is no violation after the end of its connection, unless a later one arrived', () => {
    const log = opened();
    sends(log);
    log.gone(1, 1200);
    assert.deepEqual(violationsOf(log), []);

    const other = opened();
    sends(other);
    other.sent.made(2, 0, 1150);
    other.sent.input(2, 1151);
    other.sent.ended(2, 1160, undefined);
    other.sent.arrived(2, 0, 1, 1170);
    other.gone(1, 1200);
    assert.match(violationsOf(other).join(), /^message 1 on link 0 was sent, but did not arrive$/);
  });

  test('a changed byte on the port excuses one message, not two', () => {
    const log = opened();
    for (const number of [1, 2]) {
      log.sent.made(number, 0, 1000);
      log.sent.input(number, 1001);
      log.sent.ended(number, 1100, undefined);
    }
    log.disturbances.hit(1050, 'to-device');
    assert.equal(violationsOf(log).length, 1);
  });
});

describe('messages to the flow', () => {
  test('one that is missing is a violation, unless an event before the next one announced it', () => {
    for (const event of [undefined, 'data-loss', 'asked']) {
      const log = opened();
      log.received.served(1, 1, 1000);
      log.received.served(1, 2, 1100);
      if (event !== undefined) log.received.event(0, event);
      log.received.arrived(0, 2, 1200, '');
      log.received.event(0, 'data-loss');
      assert.equal(violationsOf(log).length, event === 'data-loss' ? 0 : 1, event);
    }
  });

  test('the last ones of a connection that ended are lost with it', () => {
    const log = opened();
    log.received.served(1, 1, 1000);
    log.gone(1, 1100);
    assert.deepEqual(violationsOf(log), []);
    assert.equal(log.received.tally['lost with the connection'], 1);
  });

  test('one that never comes over an open connection, one that comes twice, and an unknown one are violations', () => {
    const log = opened();
    log.received.served(1, 1, 1000);
    log.received.served(1, 2, 1001);
    log.received.arrived(0, 1, 1100, '');
    log.received.arrived(0, 1, 1101, '');
    log.received.arrived(0, undefined, 1102, '\u0081\u0006good');
    const violations = violationsOf(log);
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
