import type { FirmwareClass } from '../../../simulator';
import { SmallWorld } from '../exhaustive/small-world';
import { upTo, type Random } from './mutate';

/** Milliseconds that the host's event loop is blocked at most. */
const LONGEST_STALL_MS = 30_000;

/** What came of an input. */
export interface SessionResult {
  readonly trouble: string | undefined;
  /** Milliseconds from the last byte of the input until messages passed both ways. */
  readonly recovery: number;
}

/**
 * Has a device say the input to a driver that has a link open and is sending, in pieces and in virtual time,
 * and asks of the driver only to be of use again, to settle everything, and to leave nothing behind.
 */
export async function intoSession(
  input: Buffer,
  firmware: FirmwareClass,
  random: Random,
): Promise<SessionResult> {
  const world = new SmallWorld(firmware);
  const thrown: unknown[] = [];
  const note = (error: unknown): void => void thrown.push(error);
  process.on('unhandledRejection', note).on('uncaughtException', note);
  let recovery = 0;
  try {
    await world.ready();
    await world.open(0);
    const sending = random() < 0.5 ? world.send(0, 'meanwhile') : world.pass(1);
    for (let at = 0; at < input.length;) {
      const size = random() < 0.3 ? 1 + upTo(random, 4) : 1 + upTo(random, input.length);
      world.line.say(input.subarray(at, at + size));
      at += size;
      if (random() < 0.3) await world.pass(upTo(random, 50));
      if (random() < 0.02) world.host.block(100 + upTo(random, LONGEST_STALL_MS), upTo(random, 2));
    }
    const said = world.clock.now();
    await sending;
    recovery = (await world.proveUsable(0)) - said;
    await world.end();
    await new Promise(setImmediate);
  } catch (error) {
    thrown.push(error);
  } finally {
    process.off('unhandledRejection', note).off('uncaughtException', note);
  }
  const unsettled = world.ledger.sent.filter(({ settled }) => settled !== 1);
  const unasked = world.ledger.asked.filter(({ settled }) => settled !== 1);
  const troubles = [
    ...thrown.map((error) => `thrown: ${String(error)}`),
    ...world.findings.map(({ text }) => text),
    ...unsettled.map(({ text }) => `the send of ${text} did not settle`),
    ...unasked.map(({ what }) => `${what} did not settle`),
  ];
  return { trouble: troubles.length > 0 ? troubles.join('; ') : undefined, recovery };
}
