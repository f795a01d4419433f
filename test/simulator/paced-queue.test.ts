import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PacedQueue } from '../../simulator/serial/paced-queue';

const DAY_MS = 86_400_000;

describe('the bytes of a paced line', () => {
  for (const days of [0, 1, 25, 365])
    it(`pass at the moment at which they are due, after ${days} days too`, () => {
      for (const rate of [9600, 115_200, 921_600, 3_000_000])
        for (let size = 1; size < 300; size++) {
          const queue = new PacedQueue();
          queue.byteMs = 10_000 / rate;
          queue.add(Buffer.alloc(size), days * DAY_MS + size * 0.7001);
          let passed = 0;
          queue.deliver(queue.due(size) ?? 0, (bytes) => (passed += bytes.length));
          assert.equal(passed, size, `${rate} bit/s`);
        }
    });
});
