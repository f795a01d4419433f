import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readyHarness } from '../../harness/ready-harness';

describe('a device that floods the port', () => {
  it('with Wi-Fi changes causes a bounded number of events and state changes, counts the rest, and ends in the last state', async () => {
    const harness = await readyHarness();
    const { clock, device, port, events, statuses } = harness;
    events.length = statuses.length = 0;
    let omitted = 0;
    device.on('omitted', ({ count }) => (omitted += count));
    const flap = Buffer.from('WIFI DISCONNECT\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n'.repeat(100));
    for (let ms = 0; ms < 12_000; ms += 100) {
      port.deliver(flap);
      await clock.advance(100);
    }
    port.deliver(Buffer.from('WIFI DISCONNECT\r\n'));
    await clock.advance(2000);
    assert.ok(events.length < 60, `${events.length} events`);
    assert.ok(statuses.length < 40, `${statuses.length} states`);
    assert.equal(device.state.error?.code, 'WIFI_LOST');
    port.deliver(Buffer.from('WIFI GOT IP\r\n'));
    await clock.advance(2000);
    assert.equal(device.state.error, undefined);
    assert.equal(omitted + events.length, 3 * 100 * 120 + 2);
    await harness.end();
  });

  it('with unknown lines causes a bounded number of events', async () => {
    const harness = await readyHarness();
    harness.events.length = 0;
    harness.port.deliver(Buffer.from('+SOMETHING:1\r\n'.repeat(10_000)));
    await harness.clock.advance(1000);
    assert.ok(harness.events.length <= 25, `${harness.events.length} events`);
    await harness.end();
  });
});
