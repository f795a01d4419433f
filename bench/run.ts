import { full, glimpse } from './suite';
import { suites } from './suites';

void main(process.argv.slice(2));

/** Runs the suites that are named, or all; prints a line of JSON for each measurement. */
async function main(args: readonly string[]): Promise<void> {
  const effort = args.includes('--quick') ? glimpse : full;
  const named = args.filter((arg) => !arg.startsWith('--'));
  for (const name of named.length > 0 ? named : Object.keys(suites)) {
    const load = suites[name];
    if (!load) throw new Error(`there is no ${name}, only ${Object.keys(suites).join(', ')}`);
    const { run } = await load();
    for await (const row of await run(effort)) console.log(JSON.stringify(row));
  }
}
