// `npm run exhaustive`: the small world searched whole. Prints counts, and every violation as the
// command that repeats it; ends with 1 when there is one.
import { parseArgs } from 'node:util';
import { faultKind, faultKinds } from './faults';
import { scriptNamed, scripts } from './scripts';
import { Search, type Violation } from './search';
import { unknowables } from './unknowable';

const { values } = parseArgs({
  options: {
    script: { type: 'string', multiple: true },
    fault: { type: 'string', multiple: true },
    at: { type: 'string' },
    stride: { type: 'string', default: '1' },
  },
});

const search = new Search({
  scripts: values.script?.map(scriptNamed) ?? scripts,
  kinds: values.fault?.map(faultKind) ?? faultKinds,
  at: values.at === undefined ? undefined : Number(values.at),
  stride: Number(values.stride),
});

const row = (cells: readonly (string | number)[]): string =>
  cells
    .map((cell, index) => String(cell)[index === 0 ? 'padEnd' : 'padStart'](index === 0 ? 26 : 12))
    .join('');

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const began = Date.now();
  print(row(['script', 'runs', 'violations', 'unknowable', 'unknown', 'worst [s]', 'time [s]']));
  const violations: Violation[] = [];
  for (const script of search.scripts) {
    const start = Date.now();
    const tally = await search.run(script);
    violations.push(...tally.violations);
    const excused = [...tally.unknowable.values()].reduce((sum, count) => sum + count, 0);
    const cells = [tally.runs, tally.violations.length, excused, tally.unknown];
    const seconds = [
      (tally.worst.recovery / 1000).toFixed(1),
      ((Date.now() - start) / 1000).toFixed(1),
    ];
    print(row([script.name, ...cells, ...seconds]));
  }
  const { total } = search;
  print(`\n${total.runs} runs in ${Math.round((Date.now() - began) / 1000)} s`);
  print(`worst recovery: ${(total.worst.recovery / 1000).toFixed(1)} s after ${total.worst.what}`);
  for (const [reason, count] of total.unknowable) {
    print(`unknowable, ${reason}: ${count} (${unknowables[reason]})`);
  }
  for (const { repeat, what, story } of violations) {
    print(`\n${repeat}\n  ${what.join('\n  ')}`);
    if (values.at !== undefined) print(story.join('\n'));
  }
  print(violations.length === 0 ? 'no violations' : `\n${violations.length} violations`);
  process.exitCode = violations.length === 0 && total.runs > 0 ? 0 : 1;
}

void main();
