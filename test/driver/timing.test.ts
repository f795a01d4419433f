import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Stillness } from '../../driver/at/stillness';
import { Backoff } from '../../driver/backoff';
import { Budget } from '../../driver/budget';
import { EspAtError } from '../../driver/errors';

describe('stillness', () => {
  it('counts time in which nothing comes', () => {
    const still = new Stillness(0);
    assert.equal(still.until(1500), 1500);
  });

  it('does not count a stream without gaps, however long', () => {
    const still = new Stillness(0);
    for (let now = 20; now <= 60_000; now += 20) still.heard(now);
    assert.equal(still.until(60_000), 0);
  });

  it('counts the gaps of a line that has room for an answer', () => {
    const still = new Stillness(0);
    for (let now = 260; now <= 2600; now += 260) still.heard(now);
    assert.equal(still.until(2600), 2000);
  });

  it('does not count before its starting point, which may lie ahead', () => {
    const still = new Stillness(0);
    still.restart(1000);
    still.heard(500);
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
    const budget = new Budget({ messages: 2, bytes: 100 }, () => undefined);
    budget.take(60);
    full(() => budget.take(41));
    budget.take(40);
    full(() => budget.take(0));
    budget.give(60);
    budget.take(1);
    assert.deepEqual([budget.messages, budget.bytes], [2, 41]);
  });

  it('lets a single message pass that is larger than all its bytes', () => {
    const budget = new Budget({ messages: 2, bytes: 100 }, () => undefined);
    budget.take(500);
    full(() => budget.take(1));
  });

  it('tells when the level crosses a quarter, and only then', () => {
    const levels: number[] = [];
    const budget = new Budget({ messages: 8, bytes: 1e9 }, (level) => levels.push(level));
    for (let count = 0; count < 8; count++) budget.take(1);
    for (let count = 0; count < 8; count++) budget.give(1);
    assert.deepEqual(levels, [0.25, 0.5, 0.75, 1, 0.875, 0.625, 0.375, 0.125]);
  });
});
