import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataPause } from '../../../../driver/link/receive/data-pause';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import { HostLoop } from '../../../harness/host-loop';

function pauseRig() {
  const clock = new VirtualClock();
  const loop = new HostLoop(clock);
  const pause = new DataPause(loop);
  pause.restart();
  const limits = () => [pause.atLeast, pause.atMost];
  return { clock, loop, pause, limits };
}

describe('the time since the last data', () => {
  it('counts a block as a whole where both pieces of data came after it or before it', async () => {
    const { clock, loop, pause, limits } = pauseRig();
    await clock.advance(500);
    loop.block(7000);
    await clock.advance(20_000);
    assert.deepEqual(limits(), [20_500, 20_500]);
    pause.restart();
    assert.deepEqual(limits(), [0, 0]);
  });

  it('may end anywhere in a block where data is read after the block', async () => {
    const { clock, loop, limits } = pauseRig();
    await clock.advance(3500);
    loop.block(7000);
    await clock.advance(7000);
    // The last tick before the block was at 3 s.
    assert.deepEqual(limits(), [3000, 10_500]);
    await clock.advance(249);
    assert.deepEqual(limits(), [3000, 10_749]);
    await clock.advance(1);
    assert.deepEqual(limits(), [10_750, 10_750]);
  });

  it('may begin in a block where a short one follows at once, before the host has read what came', async () => {
    const { clock, loop, pause, limits } = pauseRig();
    await clock.advance(3500);
    loop.block(7000);
    await clock.advance(7000);
    loop.block(261);
    await clock.advance(261);
    pause.restart();
    assert.deepEqual(limits(), [0, 7761]);
    await clock.advance(500);
    assert.deepEqual(limits(), [500, 8261]);
  });

  it('leaves no timer when it stops, and watches again from the next data on', async () => {
    const { clock, loop, pause, limits } = pauseRig();
    pause.restart();
    assert.equal(clock.pending, 1);
    pause.stop();
    assert.equal(clock.pending, 0);
    await clock.advance(5000);
    pause.restart();
    await clock.advance(2000);
    assert.deepEqual(limits(), [2000, 2000]);
    loop.block(7000);
    await clock.advance(7000);
    assert.deepEqual(limits(), [2000, 9000]);
  });
});
