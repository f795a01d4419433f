import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Stillness } from '../../../driver/at/stillness';
import { Backoff } from '../../../driver/link/backoff';
import { HighWaterMark } from '../../../driver/link/high-water-mark';
import { EspAtError } from '../../../driver/errors';

describe('stillness', () => {
  it('counts time in which nothing comes', () => {
    const still = new Stillness(0);
    assert.equal(still.until(1500), 1500);
  });

  it('does not count a stream that fills the line, however long, however it is delivered', () => {
    for (const [every, late] of [
      [4, 0],
      [20, 15],
      [400, 100],
    ] as const) {
      const still = new Stillness(0);
      // Every other delivery comes late; what a line carries while a fifth of it stays empty.
      for (let index = 1; index * every <= 60_000; index++)
        still.heard(index * every + (index % 2) * late, every * 0.8);
      assert.ok(still.until(60_000) <= every + late, `${still.until(60_000)} ms`);
    }
  });

  it('counts a trickle nearly all, however steady', () => {
    const still = new Stillness(0);
    // 25 bytes at 115200 bits a second, twenty times a second.
    for (let now = 50; now <= 10_000; now += 50) still.heard(now, 2.2);
    assert.equal(Math.round(still.until(10_000)), 9450);
  });

  it('counts every piece of what is delivered at once', () => {
    const still = new Stillness(0);
    for (let now = 10; now <= 1000; now += 10) {
      still.heard(now, 4);
      still.heard(now, 4);
    }
    assert.ok(still.until(1000) < 1e-6);
  });

  it('is not taken away by a burst, which cannot have been on the line before', () => {
    const still = new Stillness(0);
    for (let now = 1000; now <= 10_000; now += 1000) {
      still.heard(now, 10);
      // 36 KB at once, three seconds at 115200 bits a second.
      for (let piece = 0; piece < 9; piece++) still.heard(now, 350);
    }
    assert.ok(still.until(10_000) >= 7500, `${still.until(10_000)} ms`);
  });

  it('is not owed anything by a burst that was held up on its way', () => {
    const still = new Stillness(0);
    still.heard(1, 5000);
    assert.equal(still.until(1501), 1500);
  });

  it('does not count before its starting point, which may lie ahead', () => {
    const still = new Stillness(0);
    still.restart(1000);
    still.heard(500, 10);
    assert.equal(still.until(900), 0);
    assert.equal(still.until(1300), 300);
  });
});

describe('backoff', () => {
  it('doubles up to its limit, starts again after a success', () => {
    const backoff = new Backoff(1000, 8000, () => 0);
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(() => backoff.next()),
      [1000, 2000, 4000, 8000, 8000],
    );
    backoff.reset();
    assert.equal(backoff.next(), 1000);
  });

  it('takes up to a quarter off by chance', () => {
    const backoff = new Backoff(1000, 8000, () => 0.999);
    assert.equal(backoff.next(), 750);
  });
});

describe('the budget', () => {
  const full = (action: () => void) =>
    assert.throws(action, (error) => {
      assert.ok(error instanceof EspAtError);
      assert.equal(error.code, 'QUEUE_FULL');
      assert.equal(error.outcome, 'not-sent');
      return true;
    });

  it('refuses the message too many, and the byte too many', () => {
    const budget = new HighWaterMark({ messages: 2, bytes: 100 }, () => undefined);
    budget.take(60);
    full(() => budget.take(41));
    budget.take(40);
    full(() => budget.take(0));
    budget.give(60);
    budget.take(1);
    assert.deepEqual([budget.messages, budget.bytes], [2, 41]);
  });

  it('lets a single message pass that is larger than all its bytes', () => {
    const budget = new HighWaterMark({ messages: 2, bytes: 100 }, () => undefined);
    budget.take(500);
    full(() => budget.take(1));
  });

  it('tells when the level crosses a quarter, and only then', () => {
    const levels: number[] = [];
    const budget = new HighWaterMark({ messages: 8, bytes: 1e9 }, (level) => levels.push(level));
    for (let count = 0; count < 8; count++) budget.take(1);
    for (let count = 0; count < 8; count++) budget.give(1);
    assert.deepEqual(levels, [0.25, 0.5, 0.75, 1, 0.875, 0.625, 0.375, 0.125]);
  });
});
