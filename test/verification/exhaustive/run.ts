// `npm run exhaustive`: every script with every fault at every place. Prints counts, and the command that
// repeats each failed run; exits with 1 when a run failed.
import { optionsOf, orMisuse, wholeNumber } from '../../harness/options';
import { Digests } from './digest';
import { faultKind, faultKinds, hostStallKinds } from './faults';
import { scriptNamed, scripts } from './scripts';
import { Search } from './search';
import type { Tally } from './tally';
import { undetectables } from './undetectable';

const usage = `npm run exhaustive -- [options]

  --script NAME   only this script; may be repeated
  --fault NAME    only this kind of fault; may be repeated
  --at N          only at this place, with a trace of it
  --stride N      only at every Nth place (default 1)
  --digest FILE   write what every run did, as hashes
  --against FILE  compare with such a file of another version
  --host-stalls   block the host's event loop at every byte, instead of the other faults
  --paced         bytes take their time, as at 115200 bits a second

Scripts: ${scripts.map(({ name }) => name).join(', ')}
Faults: ${faultKinds.map(({ name }) => name).join(', ')}
The exit code is 1 when an invariant is violated.`;

const { values } = optionsOf(usage, {
  script: { type: 'string', multiple: true },
  fault: { type: 'string', multiple: true },
  at: { type: 'string' },
  stride: { type: 'string', default: '1' },
  digest: { type: 'string' },
  against: { type: 'string' },
  'host-stalls': { type: 'boolean', default: false },
  paced: { type: 'boolean', default: false },
});

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const digests = new Digests();
const before = values.against === undefined ? undefined : Digests.read(values.against);

const search = new Search({
  scripts: orMisuse(() => values.script?.map(scriptNamed) ?? scripts).map((script) => {
    return { ...script, paced: values.paced };
  }),
  kinds: orMisuse(
    () => values.fault?.map(faultKind) ?? (values['host-stalls'] ? hostStallKinds : faultKinds),
  ),
  at: values.at === undefined ? undefined : wholeNumber('at', values.at),
  stride: wholeNumber('stride', values.stride, 1),
  onRun: ({ trace, digest }, run) => {
    digests.add(run, digest);
    if (values.at !== undefined) print(trace.join('\n'));
  },
});

function row(first: string, ...cells: readonly (string | number)[]): void {
  print(first.padEnd(26) + cells.map((cell) => String(cell).padStart(12)).join(''));
}

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);

function cells({ runs, failed, undetectable, unknown, worst }: Tally): (string | number)[] {
  const excused = [...undetectable.values()].reduce((sum, count) => sum + count, 0);
  return [runs, failed.length, excused, unknown, seconds(worst)];
}

/** Prints how the runs differ from those of another version; returns how many do. */
function compare(other: Digests): number {
  const { compared, missing, differing } = digests.compare(other);
  print(`\n${compared} runs compared, ${missing} only here`);
  for (const [part, runs] of Object.entries(differing)) {
    print(`${part}: ${runs.length} differ`);
    const first = new Map(runs.toReversed().map((run) => [/--fault (\S+)/.exec(run)?.[1], run]));
    for (const run of first.values()) print(`  npm run exhaustive -- ${run}`);
  }
  return new Set(Object.values(differing).flat()).size;
}

async function main(): Promise<void> {
  const began = Date.now();
  const titles = ['runs', 'violations', 'undetectable', 'unknown', 'worst [s]'];
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
  for (const [reason, count] of total.undetectable) {
    print(`undetectable, ${reason}: ${count} (${undetectables[reason]})`);
  }
  for (const { repeat, violations } of total.failed)
    print(`\n${repeat}\n  ${violations.join('\n  ')}`);
  const { length } = total.failed;
  print(length === 0 ? 'no violations' : `\n${length} violations`);
  if (values.digest !== undefined) digests.write(values.digest);
  const changed = before ? compare(before) : 0;
  process.exitCode = length === 0 && changed === 0 && total.runs > 0 ? 0 : 1;
}

void main();
