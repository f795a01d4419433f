import { seededRandom } from '../../../simulator';
import { attempt, record, type ArmedFault, type RunResult } from './fault-run';
import type { RecordedRun } from './recorded-run';
import { faultKind, type FaultKind } from './faults';
import type { Script } from './scripts';
import { Tally } from './tally';

/** The shortest scripts. Longer ones have too many pairs to count. */
export const pairScripts: readonly string[] = ['open', 'send', 'receive', 'close'].flatMap(
  (name) => [`${name}-c`, `${name}-d`],
);

interface PairOptions {
  readonly kinds: readonly FaultKind[];
  /** Only every Nth first fault. */
  readonly stride: number;
  /** Count of pairs of each script, drawn by the seed. */
  readonly pairs: number;
  readonly seed: number;
}

/** The result of the pairs of one script. */
interface PairResult {
  readonly tally: Tally;
  /** Count of first faults. */
  readonly firsts: number;
  /** Count of different states after a first fault. */
  readonly states: number;
  /** Count of pairs of all first faults. */
  readonly all: number;
  /** Count of pairs of one first fault for each state. */
  readonly pruned: number;
}

/** A state after a first fault, with the places of second faults behind it. */
interface State {
  readonly first: ArmedFault;
  /** The run with the first fault, with the places behind it. */
  readonly behind: RecordedRun;
  readonly seconds: readonly { readonly kind: FaultKind; readonly places: readonly number[] }[];
  readonly count: number;
}

/**
 * Runs a script with pairs of faults. First faults after which both ends do the same lead to one state, and each state gets
 * its second faults once.
 */
export async function searchPairs(script: Script, options: PairOptions): Promise<PairResult> {
  const { pairs, seed } = options;
  const tally = new Tally();
  const { states, firsts, all } = await statesOf(script, options);
  const pruned = states.reduce((sum, { count }) => sum + count, 0);
  for (const index of drawn(pruned, pairs, seed)) {
    const { first, second } = pairAt(states, index);
    const result = await attempt(script, first, second);
    addPair(tally, result, script, `${nameOf(first)},${nameOf(second)}`);
  }
  return { tally, firsts, states: states.length, all, pruned };
}

/** Adds the result of a pair, written as `KIND@PLACE,KIND@PLACE`. */
export function addPair(tally: Tally, result: RunResult, script: Script, pair: string): void {
  const paced = script.paced ? ' --paced' : '';
  // The second fault does not apply where the first one removed its byte.
  tally.add({ ...result, applied: true }, `--script ${script.name} --pair ${pair}${paced}`);
}

/** Runs one pair, written as `KIND@PLACE,KIND@PLACE`. @throws Error for anything else */
export async function attemptPair(script: Script, pair: string): Promise<RunResult> {
  const recording = await record(script);
  const [one, other, ...rest] = pair.split(',').map((text) => {
    const [name = '', place = ''] = text.split('@');
    return { kind: faultKind(name), at: Number(place) };
  });
  if (!one || !other || rest.length > 0) throw new Error(`"${pair}" is not a pair of faults`);
  const first = { ...one, recording };
  const { recording: behind } = await attempt(script, first);
  return attempt(script, first, { ...other, recording: behind() });
}

async function statesOf(script: Script, { kinds, stride }: PairOptions) {
  const recording = await record(script);
  const states = new Map<string, State>();
  let [index, firsts, all] = [0, 0, 0];
  for (const kind of kinds) {
    for (const at of kind.places(recording)) {
      if (index++ % stride !== 0) continue;
      const first = { kind, at, recording };
      const outcome = await attempt(script, first);
      const behind = outcome.recording();
      const seconds = kinds
        .filter(({ blocksMs }) => blocksMs === undefined)
        .map((second) => ({ kind: second, places: second.places(behind) }));
      const count = seconds.reduce((sum, { places }) => sum + places.length, 0);
      firsts++;
      all += count;
      const future = outcome.future();
      const known = states.get(future);
      if (!known || known.count < count) states.set(future, { first, behind, seconds, count });
    }
  }
  return { states: [...states.values()], firsts, all };
}

function pairAt(
  states: readonly State[],
  index: number,
): { readonly first: ArmedFault; readonly second: ArmedFault } {
  let left = index;
  for (const { first, behind, seconds, count } of states) {
    if (left >= count) {
      left -= count;
      continue;
    }
    for (const { kind, places } of seconds) {
      const at = places[left];
      if (at !== undefined) return { first, second: { kind, at, recording: behind } };
      left -= places.length;
    }
  }
  throw new Error(`there is no pair ${index}`);
}

/** Draws `count` different numbers below a limit. */
function* drawn(limit: number, count: number, seed: number): Generator<number> {
  const random = seededRandom(seed);
  const seen = new Set<number>();
  while (seen.size < Math.min(limit, count)) {
    const index = Math.floor(random() * limit);
    if (seen.has(index)) continue;
    seen.add(index);
    yield index;
  }
}

const nameOf = ({ kind, at }: { readonly kind: FaultKind; readonly at: number }): string =>
  `${kind.name}@${at}`;
