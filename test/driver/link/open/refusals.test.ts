import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failure, readyHarness, test } from '../../../harness/ready-harness';

it('a device without memory, which refuses each message before its prompt: the driver rejects 100 messages as not sent, without an event or a change of state', async () => {
  const hooks = {
    outcome: (line: string) =>
      line.startsWith('AT+WSSEND') ? ({ kind: 'error' } as const) : ({ kind: 'execute' } as const),
  };
  await using harness = await readyHarness({ firmware: 'C', simulator: { hooks } });
  const [link] = harness.device.links;
  await harness.clock.wait(link.open({ uri: 'ws://host/plain' }));
  await harness.clock.advance(1000);
  harness.events.length = harness.states.length = 0;
  for (let each = 0; each < 100; each++) {
    const { code, outcome } = await failure(harness, link.send('hello'));
    assert.deepEqual([code, outcome], ['SEND_FAILED', 'not-sent']);
  }
  await harness.clock.advance(1000);
  assert.deepEqual([harness.events, harness.states, link.state], [[], [], 'open']);
});

describe('connections that no link has asked for', () => {
  it('are closed where they keep the link from opening, which then opens at once', async () => {
    await using harness = await readyHarness({ firmware: 'C' });
    const { link } = await harness.open({ uri: 'ws://host/one' });
    // A URC of another link, whose number was corrupt.
    harness.say('+WS_CLOSED:0\r\n');
    assert.equal(link.state, 'closed');
    await harness.clock.wait(link.open({ uri: 'ws://host/two' }), 1000);
    assert.deepEqual(harness.connections(), ['/one false', '/two true']);
  });

  test('are closed by one AT+WSCLOSE at a time, however often the device reports them', async (harness) => {
    harness.say('+WS_CONNECTED:1\r\n'.repeat(1000));
    await harness.clock.advance(5000);
    const closes = harness.count('AT+WSCLOSE=1');
    assert.ok(closes >= 1 && closes <= 2, `${closes}`);
  });
});
