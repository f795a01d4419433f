import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EspAtError } from '../../../driver/errors';
import { code, failure, readyHarness, test } from '../../harness/ready-harness';
import { Harness } from '../../harness/harness';

describe('a link with and without keepOpen', () => {
  test('reopens after a close by the server with keepOpen', async (harness) => {
    await harness.open({ keepOpen: true });
    harness.server.connections[0]?.close(1001);
    await harness.clock.advance(10_000);
    const events = ['closed-by-server 0', 'retry 0', 'opening 0', 'reopened 2'];
    assert.deepEqual(harness.story(), events);
  });

  it('leaves most of the device time to other links when a host is unreachable', async () => {
    await using harness: Harness = await readyHarness({
      route: ({ port }) =>
        port === 7 ? { kind: 'unroutable' } : { kind: 'server', server: harness.server },
    });
    const opening = harness.link.open({ uri: 'ws://host:7/', keepOpen: true });
    assert.equal(await code(harness, opening), 'OPEN_FAILED');
    await harness.clock.advance(3_600_000);
    harness.port.written.length = 0;
    await harness.clock.advance(3_600_000);
    // An attempt blocks the device for 15 s.
    const attempts = harness.lines().filter((line) => line.startsWith('AT+WSOPEN=0,')).length;
    assert.ok(attempts >= 15 && attempts <= 24, `${attempts} in an hour`);
  });
});

describe('close()', () => {
  for (const [what, answerMs, closeMs] of [
    ['the close frame of the server', 1000, 1100],
    ['3 s, when the server does not answer', Infinity, 3000],
  ] as const)
    test(`sends a close frame, and AT+WSCLOSE after ${what}`, async (harness) => {
      const { clock, server, link } = await harness.open();
      server.behavior.answersCloses = false;
      server.behavior.onFrame = (connection) =>
        answerMs < Infinity && clock.after(answerMs, () => connection.close(1001));
      const closing = link.close({ code: 1001, reason: 'gone' });
      await clock.advance(closeMs - 100);
      assert.deepEqual(harness.lines(), ['AT+WSSEND=0,6,8', '\x03\xe9gone']);
      await clock.advance(200);
      assert.equal(harness.lines().at(-1), '\x03\xe9goneAT+WSCLOSE=0');
      await clock.wait(closing);
      const [frame] = server.connections[0]?.frames ?? [];
      assert.deepEqual([frame?.opcode, frame?.payload], [8, Buffer.from('\x03\xe9gone', 'latin1')]);
      assert.deepEqual(harness.story(), ['closing 4', 'closed 0']);
    });

  test('sends AT+WSCLOSE at once, and no close frame, when graceful is false', async (harness) => {
    await harness.open();
    await harness.clock.wait(harness.link.close({ graceful: false }));
    assert.deepEqual(harness.lines(), ['AT+WSCLOSE=0']);
    assert.deepEqual(harness.server.connections[0]?.frames, []);
  });

  test('refuses reserved close codes and reasons that are too long, and writes nothing', async (harness) => {
    const { link } = await harness.open();
    for (const bad of [999, 1005, 1006, 2999, 5000, 1.5]) {
      assert.equal(await code(harness, link.close({ code: bad })), 'INVALID_CLOSE_CODE');
    }
    assert.equal(await code(harness, link.close({ reason: 'é'.repeat(62) })), 'INVALID_PAYLOAD');
    assert.equal(harness.port.text, '');
    assert.equal(link.stateNumber, 2);
  });
});

/** Sends a message of which the device can send no byte for 10 s. @param before what the device writes before its ERROR */
function stall(harness: Harness, before = ''): Promise<EspAtError> {
  let stalled = true;
  harness.alterOutput = (text) => {
    if (!stalled || text !== '\r\nSEND OK\r\n') return text;
    harness.clock.after(10_500, () => {
      stalled = false;
      harness.say(`${before}\r\nERROR\r\n`);
    });
    return '';
  };
  harness.alterInput = (text) => {
    if (!stalled || text.length > 1) return text;
    harness.say('\r\nbusy p...\r\n');
    return '';
  };
  return failure(harness, harness.link.send('stuck'));
}

describe('a half-open link', () => {
  test('closes after one message that it did not accept: the others fail', async (harness) => {
    const { clock, link } = await harness.open();
    harness.alterOutput = (text) => {
      if (text !== '\r\nSEND OK\r\n') return text;
      // The device tries to send for 1 s, then answers ERROR.
      clock.after(1500, () => harness.say('\r\nERROR\r\n'));
      return '';
    };
    const sends = ['one', 'two', 'three'].map((text) =>
      code(harness, link.send(text, { timeoutMs: 1000 })),
    );
    await clock.wait(link.close(), 3000);
    assert.deepEqual(await Promise.all(sends), ['SEND_UNKNOWN', 'LINK_CLOSED', 'LINK_CLOSED']);
    assert.equal(harness.count('AT+WSSEND'), 1);
  });

  test('reconnects when it accepts no byte within the timeout of a message', async (harness) => {
    const { link } = await harness.open();
    const error = await stall(harness);
    assert.deepEqual([error.code, error.outcome], ['SEND_UNKNOWN', 'unknown']);
    await harness.until(
      () => link.stateNumber === 2 && harness.server.connections.length === 2,
      5000,
    );
    const lost = harness.linkEvents.find(({ event }) => event === 'lost');
    assert.deepEqual([lost?.error?.code, lost?.error?.details.seconds], ['LINK_STALLED', 11]);
    assert.equal(harness.story().at(-1), 'reopened 2');
  });

  test('keeps the connection that has replaced it before the device gives the message up', async (harness) => {
    const { link } = await harness.open();
    // +WS_DISCONNECTED is lost.
    await stall(harness, '+WS_CONNECTED:0\r\n');
    await harness.clock.advance(5000);
    assert.deepEqual([link.stateNumber, harness.count('AT+WSCLOSE')], [2, 0]);
  });
});
