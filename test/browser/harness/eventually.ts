import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

/** The editor draws some time after a click: minutes on a machine that is busy. */
export const PAGE_TIMEOUT_MS = 120_000;

/** Reads until the value is the expected one. */
export async function eventually(
  read: () => Promise<unknown>,
  expected: unknown,
  message?: string,
): Promise<void> {
  const limit = performance.now() + PAGE_TIMEOUT_MS;
  for (;;) {
    const actual = await read();
    if (isDeepStrictEqual(actual, expected)) return;
    if (performance.now() > limit) assert.deepEqual(actual, expected, message);
    await pause(20);
  }
}
