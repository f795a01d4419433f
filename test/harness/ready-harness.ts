import assert from 'node:assert/strict';
import { EspAtError } from '../../driver/errors';
import type { OpenOptions } from '../../driver/link/options';
import { Harness, type HarnessOptions } from './harness';
import { testWith } from './test-with';

export { endingOf } from './harness';

/** A harness whose device is ready. Its port holds no earlier writes. */
export async function readyHarness(options: HarnessOptions = {}): Promise<Harness> {
  const harness = new Harness(options);
  await harness.ready();
  harness.port.written.length = 0;
  return harness;
}

/** An `it` whose tests each get a ready harness. */
export const test = testWith(readyHarness);

/** A ready harness whose first link is open. */
export const openHarness = async (options: HarnessOptions = {}, open: Partial<OpenOptions> = {}) =>
  (await readyHarness(options)).open(open);

/** The error that rejects a promise; virtual time passes until it settles. */
export async function failure(harness: Harness, promise: Promise<unknown>): Promise<EspAtError> {
  try {
    await harness.clock.wait(promise);
  } catch (error) {
    assert.ok(error instanceof EspAtError, String(error));
    return error;
  }
  throw new Error('the promise did not reject');
}

/** The code of the error that rejects a promise; see {@link failure}. */
export const code = async (harness: Harness, promise: Promise<unknown>) =>
  (await failure(harness, promise)).code;
