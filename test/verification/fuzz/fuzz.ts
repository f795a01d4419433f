import { seededRandom, type FirmwareClass } from '../../../simulator';
import { recordedSpeech } from './corpus';
import { parserProblem } from './parser-fuzz';
import { fuzzDriver } from './driver-fuzz';
import { mutant, upTo } from './mutate';
import { shrink } from './shrink';

export interface FuzzOptions {
  readonly seed: number;
  /** Whether to go on; asked before every input. */
  readonly more: (inputs: number) => boolean;
}

export interface Failure {
  readonly into: 'parser' | 'driver';
  readonly firmware: FirmwareClass;
  /** Decides how the input is cut and timed. */
  readonly seed: number;
  readonly input: Buffer;
  readonly problem: string;
}

export interface FuzzResult {
  readonly inputs: number;
  readonly bytes: number;
  /** Milliseconds it took at most until messages passed again. */
  readonly worstRecovery: number;
  /** The first failure, as small as it could be made. */
  readonly failure: Failure | undefined;
}

/** Feeds mutants of recorded device output to parser and driver until one fails, or `more` says no. */
export async function fuzz({ seed, more }: FuzzOptions): Promise<FuzzResult> {
  const corpus = recordedSpeech();
  const random = seededRandom(seed);
  let inputs = 0;
  let bytes = 0;
  let worstRecovery = 0;
  let failure: Failure | undefined;
  while (!failure && more(inputs)) {
    inputs++;
    const input = mutant(corpus, random);
    bytes += input.length;
    const trial = {
      firmware: random() < 0.5 ? ('C' as const) : ('D' as const),
      seed: upTo(random, 0x1_0000_0000),
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
    worstRecovery = Math.max(worstRecovery, result.recovery);
    if (result.problem === undefined) continue;
    const small = await shrink(
      input,
      async (each) => (await repeat(each, trial)).problem !== undefined,
    );
    const { problem = '' } = await repeat(small, trial);
    failure = { into: 'driver', ...trial, input: small, problem };
  }
  return { inputs, bytes, worstRecovery, failure };
}

/** One input to one driver, cut and timed as its seed says. */
export function repeat(
  input: Buffer,
  { firmware, seed }: Pick<Failure, 'firmware' | 'seed'>,
): ReturnType<typeof fuzzDriver> {
  return fuzzDriver(input, firmware, seededRandom(seed));
}
