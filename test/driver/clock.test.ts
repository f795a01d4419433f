import assert from 'node:assert/strict';
import { it } from 'node:test';
import { systemClock } from '../../driver/clock';

it('systemClock.after() with a delay above the timer limit of Node.js: fires at the limit, not at once', (test) => {
  const delays: unknown[] = [];
  test.mock.method(globalThis, 'setTimeout', (_: () => void, delay: unknown) => delays.push(delay));
  for (const delay of [1000, 3_000_000_000, Infinity]) systemClock.after(delay, () => undefined);
  assert.deepEqual(delays, [1000, 2 ** 31 - 1, 2 ** 31 - 1]);
});
