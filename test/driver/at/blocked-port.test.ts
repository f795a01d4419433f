import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AtClient } from '../../../driver/at/at-client';
import { wssend } from '../../../driver/commands/websocket';
import { EspAtError } from '../../../driver/errors';
import { VirtualClock } from '../../harness/virtual-clock';
import { World } from '../../harness/harness';

/** A session whose line takes `perSecond` bytes a second of what is written, and whose far end says nothing. */
function slowDesk(perSecond: number) {
  const clock = new VirtualClock();
  let pending = 0;
  const told: string[] = [];
  const note = (text: string) => (): void => void told.push(text);
  const line = {
    write: (bytes: Uint8Array) => void (pending += bytes.length),
    get pendingBytes() {
      return pending;
    },
    rate: undefined,
  };
  const take = (): void => {
    pending = Math.max(0, pending - perSecond / 10);
    if (told.includes('dead')) return;
    clock.after(100, take);
  };
  take();
  const session = new AtClient(line, clock, {
    urc: note('report'),
    data: note('data'),
    unknownLine: note('unknown'),
    suspects: () => false,
    restartSuspected: note('echoed'),
    dataLost: note('gap'),
    outOfSync: note('out of step'),
    resyncStep: (step) => void told.push(step),
    inSync: note('recovered'),
    filled: note('filled'),
    unresponsive: note('dead'),
  });
  session.lenient = false;
  let outcome = 'pending';
  session.send({
    link: 0,
    parts: [wssend(0, Buffer.alloc(8000, 'x'))],
    settle: (error) => (outcome = error?.outcome ?? 'sent'),
  });
  return { clock, session, told, pending: () => pending, outcome: () => outcome };
}

describe('a line that takes nothing', () => {
  it('keeps no message waiting, and is offered no more', async () => {
    const desk = slowDesk(0);
    assert.ok(await desk.clock.until(() => desk.outcome() !== 'pending', 15_000));
    assert.equal(desk.outcome(), 'not-sent');
    assert.deepEqual(desk.told, ['out of step', 'crlf', 'dead']);
    assert.ok(desk.pending() < 100, `${desk.pending()} bytes`);
  });

  it('does so in the middle of a payload', async () => {
    const desk = slowDesk(0);
    desk.session.receive(Buffer.from('\r\nOK\r\n\r\n>'));
    assert.ok(await desk.clock.until(() => desk.outcome() !== 'pending', 15_000));
    assert.equal(desk.outcome(), 'unknown');
    assert.ok(await desk.clock.until(() => desk.told.includes('dead'), 15_000));
  });

  it('is waited for as long as it takes some', async () => {
    const desk = slowDesk(200);
    desk.session.receive(Buffer.from('\r\nOK\r\n\r\n>'));
    await desk.clock.advance(39_000);
    assert.deepEqual([desk.outcome(), desk.told], ['pending', []]);
    desk.session.close(new EspAtError('PORT_CLOSED'));
  });
});

describe('an idle device that says nothing any more', () => {
  it('is found out soon after half a minute without a byte', async () => {
    const world = new World({ firmware: 'C' });
    await world.ready();
    // Something is heard right before the first look, which must not put off the next by another half minute.
    await world.clock.advance(25_000);
    world.simulator.inject(Buffer.from('+TIME_UPDATED\r\n'));
    await world.clock.advance(1);
    world.simulator.write = () => undefined;
    const start = world.clock.now();
    assert.ok(await world.clock.until(() => world.device.status.state !== 'ready'));
    const took = world.clock.now() - start;
    assert.ok(took < 36_000, `${took} ms`);
    await world.end();
  });
});
