import { seededRandom, type FirmwareClass } from '../../../simulator';
import { recordedSpeech } from './corpus';
import { troubleInFramer } from './into-framer';
import { intoSession } from './into-session';
import { mutant, upTo } from './mutate';
import { shrink } from './shrink';

export interface FuzzOptions {
  readonly seed: number;
  /** Whether to go on; asked before every input. */
  readonly more: (inputs: number) => boolean;
}

export interface Failure {
  readonly into: 'framer' | 'session';
  readonly firmware: FirmwareClass;
  /** Of the session's chance: how the input is cut and timed. */
  readonly seed: number;
  readonly input: Buffer;
  readonly trouble: string;
}

export interface FuzzResult {
  readonly inputs: number;
  readonly bytes: number;
  /** Milliseconds it took at most until messages passed again. */
  readonly worstRecovery: number;
  /** The first failure, as small as it could be made. */
  readonly failure: Failure | undefined;
}

/** Feeds mutants of recorded speech to framer and session until something is wrong, or there are no more. */
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
    const inFramer = troubleInFramer(input);
    if (inFramer !== undefined) {
      const small = await shrink(input, (each) =>
        Promise.resolve(troubleInFramer(each) !== undefined),
      );
      failure = { into: 'framer', ...trial, input: small, trouble: troubleInFramer(small) ?? '' };
      break;
    }
    const result = await repeat(input, trial);
    worstRecovery = Math.max(worstRecovery, result.recovery);
    if (result.trouble === undefined) continue;
    const small = await shrink(
      input,
      async (each) => (await repeat(each, trial)).trouble !== undefined,
    );
    const { trouble = '' } = await repeat(small, trial);
    failure = { into: 'session', ...trial, input: small, trouble };
  }
  return { inputs, bytes, worstRecovery, failure };
}

/** One input to one session, cut and timed as its seed says. */
export function repeat(
  input: Buffer,
  { firmware, seed }: Pick<Failure, 'firmware' | 'seed'>,
): ReturnType<typeof intoSession> {
  return intoSession(input, firmware, seededRandom(seed));
}
