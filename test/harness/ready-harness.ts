import assert from 'node:assert/strict';
import { EspAtError } from '../../driver/errors';
import { Harness, type HarnessOptions } from './harness';

/** A harness whose device is ready. Its port holds no earlier writes. */
export async function readyHarness(options: HarnessOptions = {}): Promise<Harness> {
  const harness = new Harness(options);
  await harness.ready();
  harness.port.written.length = 0;
  return harness;
}

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

/** How a promise ends: `done`, or the code of its error. */
export const endingOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error instanceof EspAtError ? error.code : String(error)),
  );

/** The command lines that the driver wrote. */
export function lines(harness: Harness): string[] {
  return harness.port.text.split('\r\n').filter((line) => line !== '');
}

/** The events of a link, each with the state that it reported. */
export function story(harness: Harness, link = 0): string[] {
  return harness.linkEvents
    .filter((each) => each.link === link)
    .map(({ event, state }) => `${event} ${state}`);
}
