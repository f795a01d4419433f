import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AtClient } from '../../../driver/at/at-client';
import { wssend } from '../../../driver/commands/wssend';
import { EspAtError } from '../../../driver/errors';
import { PendingSend } from '../../../driver/link/send/pending-send';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { Harness } from '../../harness/harness';

/** An AT client with a silent far end, and a port that takes `perSecond` bytes a second. */
function blockedPort(perSecond: number) {
  const clock = new VirtualClock();
  let pending = 0;
  const events: string[] = [];
  const line = {
    write: (bytes: Uint8Array) => void (pending += bytes.length),
    get pendingBytes() {
      return pending;
    },
    rate: undefined,
  };
  const take = (): void => {
    pending = Math.max(0, pending - perSecond / 10);
    if (events.includes('unresponsive')) return;
    clock.after(100, take);
  };
  take();
  const client = new AtClient(line, clock, (event) => {
    events.push(event.kind === 'resyncStep' ? event.step : event.kind);
  });
  client.setEchoOff(true);
  let outcome = 'pending';
  const bytes = Buffer.alloc(8000, 'x');
  const message = new PendingSend(0, bytes, {}, clock, (_, error) => {
    outcome = error?.outcome ?? 'sent';
  });
  message.queue([wssend(0, bytes)]);
  client.addSource({ link: 0, peek: () => (outcome === 'pending' ? message : undefined) });
  client.wake();
  return { clock, client, events, pending: () => pending, outcome: () => outcome };
}

describe('a port that accepts no bytes', () => {
  it('fails the running message, and the client writes only one more line end', async () => {
    const harness = blockedPort(0);
    assert.ok(await harness.clock.until(() => harness.outcome() !== 'pending', 15_000));
    assert.equal(harness.outcome(), 'not-sent');
    assert.deepEqual(harness.events, ['outOfSync', 'lineEnd', 'unresponsive']);
    assert.ok(harness.pending() < 100, `${harness.pending()} bytes`);
  });

  it('causes no timeout while it accepts some bytes', async () => {
    const harness = blockedPort(200);
    harness.client.receive(Buffer.from('\r\nOK\r\n\r\n>'));
    await harness.clock.advance(39_000);
    assert.deepEqual([harness.outcome(), harness.events], ['pending', []]);
    harness.client.close(new EspAtError('PORT_CLOSED'));
  });
});

it('an idle device that goes silent is detected soon after 30 s without a byte', async () => {
  await using harness = await new Harness({ firmware: 'C' }).ready();
  // A byte comes right before the first health check, which must not put off the next one by another half minute.
  await harness.clock.advance(25_000);
  harness.simulator.inject(Buffer.from('+TIME_UPDATED\r\n'));
  await harness.clock.advance(1);
  harness.simulator.write = () => undefined;
  assert.ok(await harness.clock.until(() => harness.device.state.name !== 'ready', 36_000));
});
