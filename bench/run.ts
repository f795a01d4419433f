import { optionsOf, orMisuse } from '../test/harness/options';
import { full, smoke } from './suite';
import { suites } from './suites';

const usage = `npm run bench [-- [--quick] SUITE …]

Prints a line of JSON for each measurement of the suites that are named, or of all. --quick shows only
that they work; its figures mean nothing.

Suites: ${Object.keys(suites).join(', ')}`;

void main();

/** Runs the suites that are named, or all. */
async function main(): Promise<void> {
  const options = { quick: { type: 'boolean', default: false } } as const;
  const { values, positionals } = optionsOf(usage, options, true);
  const names = positionals.length > 0 ? positionals : Object.keys(suites);
  for (const load of orMisuse(() => names.map(suiteNamed))) {
    const { run } = await load();
    for await (const row of await run(values.quick ? smoke : full)) {
      console.log(JSON.stringify(row));
    }
  }
}

/** @throws Error for a name that no suite has */
function suiteNamed(name: string) {
  const load = suites[name];
  if (!load) throw new Error(`there is no suite ${name}`);
  return load;
}
