import assert from 'node:assert/strict';
import { EspAtError, type ErrorCode } from '../../driver/errors';

/** Asserts that the action throws an EspAtError with this code, and returns it. */
export function refused(code: ErrorCode, action: () => unknown): EspAtError {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof EspAtError, String(error));
    assert.equal(error.code, code, error.message);
    return error;
  }
  assert.fail(`not refused with ${code}`);
}

/** Asserts that the promise rejects with this code, and returns the error. */
export async function rejected(code: ErrorCode, promise: Promise<unknown>): Promise<EspAtError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  return refused(code, () => {
    if (outcome) throw outcome.error;
  });
}

/** Passes a value against its type, as a caller without a compiler can. */
export function unchecked(value: unknown): never {
  return value as never;
}
