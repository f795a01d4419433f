import assert from 'node:assert/strict';
import { it } from 'node:test';
import { systemClock } from '../../driver/clock';

it('the clock of the machine counts no longer than its timers can, instead of not at all', (test) => {
  const delays: unknown[] = [];
  test.mock.method(globalThis, 'setTimeout', (_: () => void, delay: unknown) => delays.push(delay));
  for (const delay of [1000, 3_000_000_000, Infinity]) systemClock.after(delay, () => undefined);
  assert.deepEqual(delays, [1000, 2 ** 31 - 1, 2 ** 31 - 1]);
});
