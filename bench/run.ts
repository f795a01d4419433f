import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionsOf, orMisuse, wholeNumber } from '../test/harness/options/options';
import { compareWith } from './against';
import { pageWith } from './page';
import { full, smoke, type Row } from './suite';
import { suites } from './suites';

const usage = `npm run bench [-- OPTION … SUITE …]

Prints a line of JSON for each measurement of the named suites, or of all.

--page           also writes their tables into docs/performance.md
--against REV    measures the Git revision REV and this version in turns, and prints each figure with its ratio
--rounds N       turns of --against (default 3)
--quick          shows that the suites work; the figures mean nothing

Suites: ${Object.keys(suites).join(', ')}`;

const performancePage = join(__dirname, '..', 'docs', 'performance.md');

void main();

async function main(): Promise<void> {
  const options = {
    quick: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
    against: { type: 'string' },
    rounds: { type: 'string', default: '3' },
  } as const;
  const { values, positionals } = optionsOf(usage, options, true);
  const names = positionals.length > 0 ? positionals : Object.keys(suites);
  const loads = orMisuse(() => names.map(suiteNamed));
  const { quick, page, against } = values;
  orMisuse(() => {
    if (page && (quick || against !== undefined))
      throw new Error('--page takes neither --quick nor --against');
  });
  if (against !== undefined) {
    const rounds = wholeNumber('rounds', values.rounds, 1);
    const found = compareWith(against, rounds, quick ? ['--quick', ...names] : names);
    for (const { what, figure, before, now, ratio } of found)
      console.log(`${what}, ${figure}: ${before} -> ${now}, × ${ratio}`);
    return;
  }
  const rows: Row[] = [];
  for (const load of loads) {
    const { run } = await load();
    for await (const row of await run(quick ? smoke : full)) {
      rows.push(row);
      console.log(JSON.stringify(row));
    }
  }
  if (page) writeFileSync(performancePage, pageWith(readFileSync(performancePage, 'utf8'), rows));
}

/** @throws Error for a name that no suite has */
function suiteNamed(name: string) {
  const load = suites[name];
  if (!load) throw new Error(`there is no suite ${name}`);
  return load;
}
