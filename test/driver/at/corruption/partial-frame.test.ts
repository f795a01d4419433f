import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { test } from '../client-harness';

describe('the partial-frame timeout', () => {
  test('adds up the idle time of a frame that goes on slowly', async (harness) => {
    harness.receive('+WS_DATA:0,900,');
    for (let count = 0; count < 16; count++) {
      assert.deepEqual(harness.events, []);
      await harness.clock.advance(100);
      harness.receive('x');
    }
    assert.ok(harness.events.includes('data lost'));
  });

  test('watches a line that follows data in pieces from the first byte of the line on', async (harness) => {
    harness.receive('+WS_DATA:0,4,te');
    harness.receive('xt\r\n');
    await harness.clock.advance(1400);
    harness.receive('+WS_CLOSED:1');
    await harness.clock.advance(1400);
    assert.deepEqual(harness.events, ['data 0 text']);
    await harness.clock.advance(200);
    assert.ok(harness.events.includes('data lost'));
  });

  test('leaves no timer of a frame that has ended, however much of it came late', async (harness) => {
    harness.receive('+WS_DATA:0,2304,');
    for (const bytes of [1152, 1152]) {
      await harness.clock.advance(100);
      harness.receive('x'.repeat(bytes));
    }
    harness.receive('\r\n');
    assert.match(harness.events.join(), /^data 0 x+$/);
    await harness.clock.advance(1300);
    assert.equal(harness.clock.pending, 0);
  });
});
