import { shortest } from '../../../replay/delta-debugging';
import { seededRandom, type FirmwareClass } from '../../../simulator';
import { below } from '../../harness/random';
import { recordedOutput } from './corpus';
import { parserProblem } from './parser-fuzz';
import { fuzzDriver } from './driver-fuzz';
import { mutant } from './mutate';

/** Limit of the runs that shorten a failing input. */
const MAX_SHRINK_RUNS = 400;

interface FuzzOptions {
  readonly seed: number;
  /** Whether to go on; called before every input. */
  readonly more: (inputs: number) => boolean;
}

export interface Failure {
  readonly into: 'parser' | 'driver';
  readonly firmware: FirmwareClass;
  /** Seed of the chunks of the input and of their times. */
  readonly seed: number;
  readonly input: Buffer;
  readonly problem: string;
}

interface FuzzResult {
  readonly inputs: number;
  readonly bytes: number;
  /** The longest time until messages passed again. */
  readonly worstRecoveryMs: number;
  /** The first failure, shortened. */
  readonly failure: Failure | undefined;
}

/** Feeds mutants of recorded device output to parser and driver until one fails, or `more` returns false. */
export async function fuzz({ seed, more }: FuzzOptions): Promise<FuzzResult> {
  const corpus = recordedOutput();
  const random = seededRandom(seed);
  let inputs = 0;
  let bytes = 0;
  let worstRecoveryMs = 0;
  let failure: Failure | undefined;
  while (!failure && more(inputs)) {
    inputs++;
    const input = mutant(corpus, random);
    bytes += input.length;
    const trial = {
      firmware: random() < 0.5 ? ('C' as const) : ('D' as const),
      seed: below(random, 0x1_0000_0000),
    };
    const inParser = parserProblem(input);
    if (inParser !== undefined) {
      const small = await shrink(input, (each) =>
        Promise.resolve(parserProblem(each) !== undefined),
      );
      failure = { into: 'parser', ...trial, input: small, problem: parserProblem(small) ?? '' };
      break;
    }
    const result = await repeat(input, trial);
    worstRecoveryMs = Math.max(worstRecoveryMs, result.recoveryMs);
    if (result.problem === undefined) continue;
    const small = await shrink(
      input,
      async (each) => (await repeat(each, trial)).problem !== undefined,
    );
    const { problem = '' } = await repeat(small, trial);
    failure = { into: 'driver', ...trial, input: small, problem };
  }
  return { inputs, bytes, worstRecoveryMs, failure };
}

/** Runs one input on one driver, with the chunks and times of its seed. */
export function repeat(
  input: Buffer,
  { firmware, seed }: Pick<Failure, 'firmware' | 'seed'>,
): ReturnType<typeof fuzzDriver> {
  return fuzzDriver(input, firmware, seededRandom(seed));
}

async function shrink(input: Buffer, fails: (input: Buffer) => Promise<boolean>): Promise<Buffer> {
  const bytes = await shortest([...input], (some) => fails(Buffer.from(some)), MAX_SHRINK_RUNS);
  return Buffer.from(bytes);
}
