import { full, glimpse, type Suite } from './suite';

/** What can be measured, by name. Loaded when it is its turn: one must not slow down another. */
const suites: Readonly<Record<string, () => Promise<{ readonly run: Suite }>>> = {
  framer: () => import('./framer.js'),
  session: () => import('./session.js'),
  wire: () => import('./wire.js'),
  simulator: () => import('./simulator.js'),
  'node-red': () => import('./node-red.js'),
  growth: () => import('./growth.js'),
};

void main(process.argv.slice(2));

/** Runs the suites that are named, or all; prints a line of JSON for each measurement. */
async function main(args: readonly string[]): Promise<void> {
  const quick = args.includes('--quick');
  const named = args.filter((arg) => !arg.startsWith('--'));
  for (const name of named.length > 0 ? named : Object.keys(suites)) {
    const load = suites[name];
    if (!load) throw new Error(`there is no ${name}, only ${Object.keys(suites).join(', ')}`);
    const { run } = await load();
    for await (const row of await run(quick ? glimpse : full)) console.log(JSON.stringify(row));
  }
}
