import assert from 'node:assert/strict';

/** Milliseconds that a busy machine may take, with five Node-REDs on two cores. */
const TIMEOUT_MS = 180_000;

/** Waits in real time until a condition holds. @param what names the condition in the failure */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const limit = performance.now() + TIMEOUT_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < limit, `did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
