import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QueueLimit } from '../../../../driver/link/send/queue-limit';
import { EspAtError } from '../../../../driver/errors';

/** A limit, and the levels it has emitted. */
function queueLimitOf(messages: number, bytes: number): { queue: QueueLimit; told: number[] } {
  const told: number[] = [];
  return { queue: new QueueLimit({ messages, bytes }, (level) => told.push(level)), told };
}

describe('the limit of the send queue', () => {
  it('emits its level at every quarter, up by messages and down again', () => {
    const { queue, told } = queueLimitOf(100, 1e6);
    for (let message = 0; message < 100; message++) queue.take(1);
    assert.deepEqual(told.splice(0), [0.25, 0.5, 0.75, 1]);
    for (let message = 0; message < 100; message++) queue.give(1);
    assert.deepEqual(told, [0.93, 0.68, 0.43, 0.18]);
  });

  it('counts bytes when they are the larger share', () => {
    const { queue, told } = queueLimitOf(100, 1000);
    queue.take(600);
    queue.take(300);
    queue.give(600);
    assert.deepEqual(told, [0.6, 0.9, 0.3]);
    assert.deepEqual([queue.messages, queue.bytes], [1, 300]);
  });

  it('does not emit repeatedly while the level stays near a quarter', () => {
    const { queue, told } = queueLimitOf(100, 1e6);
    for (let message = 0; message < 24; message++) queue.take(1);
    for (let turn = 0; turn < 1000; turn++) {
      queue.take(1);
      queue.give(1);
    }
    assert.deepEqual(told, [0.25]);
  });

  it('refuses without a stack trace, which would cost more than all else', () => {
    const { queue } = queueLimitOf(1, 100);
    queue.take(1);
    const { stackTraceLimit } = Error;
    const stackOf = (action: () => void) => {
      try {
        action();
      } catch (error) {
        return error instanceof Error ? error.stack : undefined;
      }
      return undefined;
    };
    assert.doesNotMatch(stackOf(() => queue.take(1)) ?? '', /\n +at /);
    assert.equal(Error.stackTraceLimit, stackTraceLimit);
  });

  it('refuses a message that does not fit, with the queue level', () => {
    const { queue, told } = queueLimitOf(2, 100);
    queue.take(90);
    assert.throws(
      () => queue.take(11),
      (error) =>
        error instanceof EspAtError &&
        error.code === 'QUEUE_FULL' &&
        error.outcome === 'not-sent' &&
        error.details.messages === 1 &&
        error.details.bytes === 90,
    );
    queue.give(90);
    queue.take(50);
    queue.take(50);
    assert.throws(() => queue.take(0), { code: 'QUEUE_FULL' });
    assert.deepEqual(told, [0.9, 0, 0.5, 1]);
  });

  it('takes a message of just the bytes of the limit', () => {
    const { queue } = queueLimitOf(1000, 4096);
    queue.take(4096);
    assert.deepEqual([queue.messages, queue.bytes], [1, 4096]);
  });

  it('refuses a message that alone exceeds the limit, as impossible to send', () => {
    const { queue, told } = queueLimitOf(1000, 4_194_304);
    assert.throws(
      () => queue.take(20_000_000),
      (error) =>
        error instanceof EspAtError &&
        error.code === 'INVALID_PAYLOAD' &&
        error.outcome === 'not-sent' &&
        error.details.max === 4_194_304,
    );
    assert.deepEqual([queue.messages, queue.bytes, told.length], [0, 0, 0]);
  });
});
