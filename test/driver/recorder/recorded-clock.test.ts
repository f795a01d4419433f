import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock, type Clock } from '../../../driver/clock';
import { RecordedClock } from '../../../driver/recorder/recorded-clock';

/** A clock whose time rises with each call of now(). */
function ticking(): { clock: Clock; looks: () => number } {
  let looks = 0;
  return { clock: { ...systemClock, now: () => ++looks }, looks: () => looks };
}

describe('the clock of a recorded driver', () => {
  it('serves the record of a chunk and the first now() of the driver with one reading', () => {
    const { clock, looks } = ticking();
    const recorded = new RecordedClock(clock);
    recorded.beginTurn();
    assert.deepEqual([recorded.recordTime, recorded.now(), recorded.recordTime], [1, 1, 1]);
    assert.equal(looks(), 1);
    assert.equal(recorded.now(), 2, 'a second look of the driver is its own');
    assert.equal(recorded.recordTime, 2);
  });

  it('reads the time again after the turn of a chunk, also when the driver has not called now()', () => {
    const recorded = new RecordedClock(ticking().clock);
    recorded.beginTurn();
    recorded.endTurn();
    assert.equal(recorded.now(), 2);
    assert.equal(recorded.recordTime, 3);
    assert.equal(recorded.lastTime, 3);
  });
});
