import type { FirmwareClass, Random } from '../../../simulator';
import { below } from '../../harness/random';
import { ExhaustiveHarness } from '../exhaustive/exhaustive-harness';

const MAX_STALL_MS = 30_000;

/** The result of an input. */
interface DriverFuzzResult {
  readonly problem: string | undefined;
  /** Milliseconds from the last byte of the input until messages passed both ways. */
  readonly recoveryMs: number;
}

/**
 * Feeds the input in chunks and in virtual time to a driver with an open link that sends. Checks that messages pass both ways
 * afterwards, every promise settles, and no timer remains.
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
  let recoveryMs = 0;
  try {
    await harness.ready();
    await harness.open(0);
    const sending = random() < 0.5 ? harness.send(0, 'meanwhile') : harness.advance(1);
    for (let at = 0; at < input.length;) {
      const size = random() < 0.3 ? 1 + below(random, 4) : 1 + below(random, input.length);
      harness.port.deliver(input.subarray(at, at + size));
      at += size;
      if (random() < 0.3) await harness.advance(below(random, 50));
      if (random() < 0.02) harness.host.block(100 + below(random, MAX_STALL_MS), below(random, 2));
    }
    const inputEndedAt = harness.clock.now();
    await sending;
    recoveryMs = (await harness.recover()) - inputEndedAt;
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
  return { problem: problems.length > 0 ? problems.join('; ') : undefined, recoveryMs };
}
