import type { FirmwareClass } from '../../../simulator';
import { ExhaustiveHarness } from '../exhaustive/exhaustive-harness';
import { upTo, type Random } from './mutate';

/** Milliseconds that the host's event loop is blocked at most. */
const LONGEST_STALL_MS = 30_000;

/** The result of an input. */
export interface DriverFuzzResult {
  readonly problem: string | undefined;
  /** Milliseconds from the last byte of the input until messages passed both ways. */
  readonly recovery: number;
}

/**
 * Feeds the input to a driver that has a link open and is sending, in pieces and in virtual time. Afterwards
 * messages pass both ways, every promise settles, and no timer is left.
 */
export async function fuzzDriver(
  input: Buffer,
  firmware: FirmwareClass,
  random: Random,
): Promise<DriverFuzzResult> {
  const harness = new ExhaustiveHarness({ firmware });
  const thrown: unknown[] = [];
  const note = (error: unknown): void => void thrown.push(error);
  process.on('unhandledRejection', note).on('uncaughtException', note);
  let recovery = 0;
  try {
    await harness.ready();
    await harness.open(0);
    const sending = random() < 0.5 ? harness.send(0, 'meanwhile') : harness.advance(1);
    for (let at = 0; at < input.length;) {
      const size = random() < 0.3 ? 1 + upTo(random, 4) : 1 + upTo(random, input.length);
      harness.port.deliver(input.subarray(at, at + size));
      at += size;
      if (random() < 0.3) await harness.advance(upTo(random, 50));
      if (random() < 0.02)
        harness.host.block(100 + upTo(random, LONGEST_STALL_MS), upTo(random, 2));
    }
    const said = harness.clock.now();
    await sending;
    recovery = (await harness.recover(0)) - said;
    await harness.end();
    await new Promise(setImmediate);
  } catch (error) {
    thrown.push(error);
  } finally {
    process.off('unhandledRejection', note).off('uncaughtException', note);
  }
  const { pending } = harness.log;
  const problems = [
    ...thrown.map((error) => `thrown: ${String(error)}`),
    ...harness.findings.map(({ text }) => text),
    ...(pending > 0 ? [`${pending} promises did not settle`] : []),
  ];
  return { problem: problems.length > 0 ? problems.join('; ') : undefined, recovery };
}
