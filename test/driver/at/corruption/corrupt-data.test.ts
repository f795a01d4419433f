import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClientHarness, test, lost } from '../client-harness';

describe('corrupt data', () => {
  test('is reported once, and the client drops data and URCs until in sync', async (harness) => {
    harness.answerResync();
    harness.receive(
      '+WS_DATA:0,4,hello\r\n+WS_DATA:0,2,no\r\n+WS_CLOSED:0\r\n+WS_DATA:0,9,hi\r\n\r\n',
    );
    await harness.clock.advance(5000);
    assert.deepEqual(
      harness.events.filter((text) => /^(data|data|closed|in sync)/.test(text)),
      ['data lost', 'in sync'],
    );
    harness.receive('+WS_DATA:0,3,yes\r\n');
    assert.equal(harness.events.at(-1), 'data 0 yes');
  });

  for (const [what, text] of [
    ['data without its end', '+WS_DATA:0,900,hello\r\n'],
    ['a URC without its line end', '+WS_CLOSED:0\r'],
  ] as const) {
    test(`is found in ${what} after the partial-frame timeout`, async (harness) => {
      harness.answerResync();
      harness.receive(text);
      await harness.clock.advance(1400);
      assert.equal(harness.events.length, 0);
      await harness.clock.advance(600);
      assert.equal(harness.events.at(-1), 'in sync');
      assert.ok(harness.events.includes('data lost'));
      assert.equal(harness.clock.pending, 0);
    });
  }

  for (const [what, text] of [
    ['line', '+WS_CLOSED:0\r'],
    ['rest of dropped data', '+WS_DATA:0,x'],
  ] as const) {
    it(`is found again where a partial line follows a ${what}`, async () => {
      // Without a resync, whose responses would come between.
      const harness = new ClientHarness({ echoOff: false });
      harness.receive(text);
      await harness.clock.advance(3000);
      harness.receive('+WS_CLOSED:1\r');
      await harness.clock.advance(2000);
      harness.receive('ready\r\n');
      assert.deepEqual(harness.events, ['ready']);
    });
  }

  test('is looked for only while a frame is partial, and anew after a reset', async (harness) => {
    harness.receive('WIFI GOT IP\r\n');
    assert.equal(harness.clock.pending, 0);
    harness.receive('+WS_DATA:0,9');
    harness.receive(',123456789\r\n');
    await harness.clock.advance(1500);
    assert.equal(harness.clock.pending, 0);
    harness.receive('+WS_CLOSED:0\r');
    await harness.clock.advance(1000);
    harness.client.reset(lost);
    harness.client.setEchoOff(true);
    assert.equal(harness.clock.pending, 0);
    harness.receive('+WS_CLOSED:0\r');
    await harness.clock.advance(1490);
    assert.ok(!harness.events.includes('data lost'));
    await harness.clock.advance(20);
    assert.ok(harness.events.includes('data lost'));
  });
});
