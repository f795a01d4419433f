import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AtClient } from '../../../driver/at/at-client';
import { wssend } from '../../../driver/commands/websocket';
import { EspAtError } from '../../../driver/errors';
import { VirtualClock } from '../../harness/virtual-clock';
import { Harness } from '../../harness/harness';

/** A client whose line takes `perSecond` bytes a second of what is written, and whose far end says nothing. */
function slowPort(perSecond: number) {
  const clock = new VirtualClock();
  let pending = 0;
  const events: string[] = [];
  const note = (text: string) => (): void => void events.push(text);
  const line = {
    write: (bytes: Uint8Array) => void (pending += bytes.length),
    get pendingBytes() {
      return pending;
    },
    rate: undefined,
  };
  const take = (): void => {
    pending = Math.max(0, pending - perSecond / 10);
    if (events.includes('dead')) return;
    clock.after(100, take);
  };
  take();
  const client = new AtClient(line, clock, {
    urc: note('report'),
    data: note('data'),
    unknownLine: note('unknown'),
    suspects: () => false,
    restartSuspected: note('echoed'),
    dataLost: note('gap'),
    outOfSync: note('out of step'),
    resyncStep: (step) => void events.push(step),
    inSync: note('recovered'),
    filled: note('filled'),
    unresponsive: note('dead'),
  });
  client.lenient = false;
  let outcome = 'pending';
  client.send({
    link: 0,
    parts: [wssend(0, Buffer.alloc(8000, 'x'))],
    settle: (error) => (outcome = error?.outcome ?? 'sent'),
  });
  return { clock, client, events, pending: () => pending, outcome: () => outcome };
}

describe('a line that takes nothing', () => {
  it('keeps no message waiting, and is offered no more', async () => {
    const harness = slowPort(0);
    assert.ok(await harness.clock.until(() => harness.outcome() !== 'pending', 15_000));
    assert.equal(harness.outcome(), 'not-sent');
    assert.deepEqual(harness.events, ['out of step', 'crlf', 'dead']);
    assert.ok(harness.pending() < 100, `${harness.pending()} bytes`);
  });

  it('does so in the middle of a payload', async () => {
    const harness = slowPort(0);
    harness.client.receive(Buffer.from('\r\nOK\r\n\r\n>'));
    assert.ok(await harness.clock.until(() => harness.outcome() !== 'pending', 15_000));
    assert.equal(harness.outcome(), 'unknown');
    assert.ok(await harness.clock.until(() => harness.events.includes('dead'), 15_000));
  });

  it('is waited for as long as it takes some', async () => {
    const harness = slowPort(200);
    harness.client.receive(Buffer.from('\r\nOK\r\n\r\n>'));
    await harness.clock.advance(39_000);
    assert.deepEqual([harness.outcome(), harness.events], ['pending', []]);
    harness.client.close(new EspAtError('PORT_CLOSED'));
  });
});

describe('an idle device that says nothing any more', () => {
  it('is found out soon after half a minute without a byte', async () => {
    const harness = new Harness({ firmware: 'C' });
    await harness.ready();
    // Something is heard right before the first look, which must not put off the next by another half minute.
    await harness.clock.advance(25_000);
    harness.simulator.inject(Buffer.from('+TIME_UPDATED\r\n'));
    await harness.clock.advance(1);
    harness.simulator.write = () => undefined;
    const start = harness.clock.now();
    assert.ok(await harness.clock.until(() => harness.device.status.state !== 'ready'));
    const took = harness.clock.now() - start;
    assert.ok(took < 36_000, `${took} ms`);
    await harness.end();
  });
});
