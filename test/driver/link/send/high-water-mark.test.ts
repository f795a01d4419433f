import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HighWaterMark } from '../../../../driver/link/send/high-water-mark';
import { EspAtError } from '../../../../driver/errors';

/** A high-water mark, and the levels it has emitted. */
function budgetOf(messages: number, bytes: number): { budget: HighWaterMark; told: number[] } {
  const told: number[] = [];
  return { budget: new HighWaterMark({ messages, bytes }, (level) => told.push(level)), told };
}

describe('the high-water mark of the send queue', () => {
  it('emits its level at every quarter, up by messages and down again', () => {
    const { budget, told } = budgetOf(100, 1e6);
    for (let message = 0; message < 100; message++) budget.take(1);
    assert.deepEqual(told.splice(0), [0.25, 0.5, 0.75, 1]);
    for (let message = 0; message < 100; message++) budget.give(1);
    assert.deepEqual(told, [0.93, 0.68, 0.43, 0.18]);
  });

  it('counts bytes when they are the larger share', () => {
    const { budget, told } = budgetOf(100, 1000);
    budget.take(600);
    budget.take(300);
    budget.give(600);
    assert.deepEqual(told, [0.6, 0.9, 0.3]);
    assert.deepEqual([budget.messages, budget.bytes], [1, 300]);
  });

  it('does not emit repeatedly while the level stays near a quarter', () => {
    const { budget, told } = budgetOf(100, 1e6);
    for (let message = 0; message < 24; message++) budget.take(1);
    for (let turn = 0; turn < 1000; turn++) {
      budget.take(1);
      budget.give(1);
    }
    assert.deepEqual(told, [0.25]);
  });

  it('refuses a message that does not fit, with the queue level', () => {
    const { budget, told } = budgetOf(2, 100);
    budget.take(90);
    assert.throws(
      () => budget.take(11),
      (error) =>
        error instanceof EspAtError &&
        error.code === 'QUEUE_FULL' &&
        error.outcome === 'not-sent' &&
        error.details.messages === 1 &&
        error.details.bytes === 90,
    );
    budget.give(90);
    budget.take(50);
    budget.take(50);
    assert.throws(() => budget.take(0), { code: 'QUEUE_FULL' });
    assert.deepEqual(told, [0.9, 0, 0.5, 1]);
  });

  it('refuses a message that alone exceeds the limit, as impossible to send', () => {
    const { budget, told } = budgetOf(1000, 4_194_304);
    assert.throws(
      () => budget.take(20_000_000),
      (error) =>
        error instanceof EspAtError &&
        error.code === 'INVALID_PAYLOAD' &&
        error.outcome === 'not-sent' &&
        error.details.max === 4_194_304,
    );
    assert.deepEqual([budget.messages, budget.bytes, told.length], [0, 0, 0]);
  });
});
