import { optionsOf, orMisuse, wholeNumber } from '../../harness/options/options';
import { Digests } from './digest';
import { faultKind, faultKinds, hostStallKinds } from './faults';
import { scriptNamed, scripts } from './scripts';
import { addPair, attemptPair, pairScripts, searchPairs } from './pair-search';
import { Search } from './search';
import { Tally, verdict, type FailedRun } from './tally';
import { undetectables } from '../faults/invariants/undetectable';

const usage = `npm run exhaustive -- [options]

Runs every script with every fault at every place. Prints counts, and the command that repeats each failed run.

  --script NAME   only this script; may be repeated
  --fault NAME    only this kind of fault; may be repeated
  --at N          only at this place, with a trace of it
  --stride N      only at every Nth place (default 1)
  --digest FILE   writes a digest of every run
  --against FILE  compares with the digest of another version
  --host-stalls   blocks the host's event loop at every byte, instead of the other faults
  --pairs N       draws N pairs of faults for each script; where several first faults lead to the same state, only one of
                  them gets second faults; --stride N takes every Nth first fault
  --pair K@P,K@P  only this pair, with a trace of it
  --seed S        draws the pairs (default 1)
  --paced         bytes take their time, as at 115200 bits a second

Scripts: ${scripts.map(({ name }) => name).join(', ')}
Faults: ${faultKinds.map(({ name }) => name).join(', ')}
The exit code is 1 when an invariant is violated, when a run differs from the other version, and when nothing ran.`;

const { values } = optionsOf(usage, {
  script: { type: 'string', multiple: true },
  fault: { type: 'string', multiple: true },
  at: { type: 'string' },
  stride: { type: 'string', default: '1' },
  digest: { type: 'string' },
  against: { type: 'string' },
  'host-stalls': { type: 'boolean', default: false },
  pairs: { type: 'string' },
  pair: { type: 'string' },
  seed: { type: 'string', default: '1' },
  paced: { type: 'boolean', default: false },
});

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const digests = new Digests();

const isPairs = values.pairs !== undefined || values.pair !== undefined;
const usual = isPairs ? pairScripts.map(scriptNamed) : scripts;

orMisuse(() => {
  for (const option of ['host-stalls', 'at', 'digest', 'against'] as const)
    if (isPairs && values[option] !== undefined && values[option] !== false)
      throw new Error(`--${option} does not go with pairs`);
});

const { against } = values;
const before = against === undefined ? undefined : orMisuse(() => Digests.read(against));

const stride = wholeNumber('stride', values.stride, 1);
const search = new Search({
  scripts: orMisuse(() => values.script?.map(scriptNamed) ?? usual).map((script) => {
    return { ...script, paced: values.paced };
  }),
  kinds: orMisuse(
    () => values.fault?.map(faultKind) ?? (values['host-stalls'] ? hostStallKinds : faultKinds),
  ),
  at: values.at === undefined ? undefined : wholeNumber('at', values.at),
  stride,
  onRun: ({ trace, digest }, run) => {
    digests.add(run, digest);
    if (values.at !== undefined) print(trace.join('\n'));
  },
});

function row(first: string, ...cells: readonly (string | number)[]): void {
  print(first.padEnd(26) + cells.map((cell) => String(cell).padStart(14)).join(''));
}

const titles = ['runs', 'violations', 'undetectable', 'unknown', 'worst [s]'];

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);

function cells({ runs, failed, undetectable, unknown, worstMs }: Tally): (string | number)[] {
  return [runs, failed.length, undetectable.total, unknown, seconds(worstMs)];
}

/** Prints the differences from another version; returns the count of differing runs. */
function compare(other: Digests): number {
  const { compared, missing, differing } = digests.compare(other);
  print(`\n${compared} runs compared, ${missing} only in this version`);
  for (const [part, runs] of Object.entries(differing)) {
    print(`${part}: ${runs.length} differ`);
    const first = new Map(runs.toReversed().map((run) => [/--fault (\S+)/.exec(run)?.[1], run]));
    for (const run of first.values()) print(`  npm run exhaustive -- ${run}`);
  }
  return new Set(Object.values(differing).flat()).size;
}

/** Pairs of faults: counts by script. */
async function mainPairs(): Promise<void> {
  const began = Date.now();
  const pairs = wholeNumber('pairs', values.pairs ?? '1', 1);
  const seed = wholeNumber('seed', values.seed);
  row('script', 'first faults', 'states', 'pairs', 'after pruning', 'runs', ...titles.slice(1));
  const failed: FailedRun[] = [];
  let runs = 0;
  for (const script of search.scripts) {
    const kinds = [...search.kinds.keys()];
    const found = await searchPairs(script, { kinds, stride, pairs, seed });
    const { tally, firsts, states, all, pruned } = found;
    row(script.name, firsts, states, all, pruned, ...cells(tally));
    failed.push(...tally.failed);
    runs += tally.runs;
  }
  print(`\n${runs} pairs in ${Math.round((Date.now() - began) / 1000)} s, seed ${seed}`);
  finish(failed, runs);
}

/** One pair of faults, with its trace. */
async function mainPair(pair: string): Promise<void> {
  const tally = new Tally();
  for (const script of search.scripts) {
    const result = await attemptPair(script, pair);
    print(result.trace.join('\n'));
    addPair(tally, result, script, pair);
  }
  finish(tally.failed, tally.runs);
}

/** Prints the failed runs, and sets the exit code. */
function finish(failed: readonly FailedRun[], runs: number): void {
  const { text, exitCode } = verdict(failed, runs);
  print(text);
  process.exitCode = exitCode;
}

async function main(): Promise<void> {
  const began = Date.now();
  row('script', ...titles, 'time [s]');
  for (const script of search.scripts) {
    const start = Date.now();
    const tally = await search.run(script);
    row(script.name, ...cells(tally), seconds(Date.now() - start));
  }
  print('');
  row('fault', ...titles);
  for (const [{ name }, tally] of search.kinds) {
    if (tally.runs > 0) row(name, ...cells(tally), `  ${tally.worstRun}`);
  }
  const { total } = search;
  print(`\n${total.runs} runs in ${Math.round((Date.now() - began) / 1000)} s`);
  const lines = total.undetectable.lines(
    (count, reason) => `undetectable, ${reason}: ${count} (${undetectables[reason]})`,
  );
  lines.forEach(print);
  finish(total.failed, total.runs);
  if (values.digest !== undefined) digests.write(values.digest);
  if (before && compare(before) > 0) process.exitCode = 1;
}

function run(): Promise<void> {
  if (values.pair !== undefined) return mainPair(values.pair);
  return values.pairs === undefined ? main() : mainPairs();
}

void run();
