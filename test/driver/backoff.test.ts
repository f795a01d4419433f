import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Backoff } from '../../driver/backoff';

describe('backoff', () => {
  it('doubles up to its limit, and restarts after a success', () => {
    const backoff = new Backoff(1000, 8000, () => 0);
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(() => backoff.next()),
      [1000, 2000, 4000, 8000, 8000],
    );
    backoff.reset();
    assert.equal(backoff.next(), 1000);
  });

  it('subtracts a random part of up to a quarter', () => {
    const backoff = new Backoff(1000, 8000, () => 0.999);
    assert.equal(backoff.next(), 750);
  });
});
