import assert from 'node:assert/strict';

/** Milliseconds that five Node-REDs may keep two cores busy before something is taken as missing. */
const TIMEOUT_MS = 180_000;

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const limit = performance.now() + TIMEOUT_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < limit, `did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
