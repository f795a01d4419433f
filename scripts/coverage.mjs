#!/usr/bin/env node
// `npm run coverage`: runs all tests, or those in the arguments, and fails when they execute less of
// driver and nodes than FLOOR. The report of each line is coverage/index.html.
import { prepare, run } from './prepare.mjs';

/** Percent of lines. The tests miss answers to failures of the operating system. */
const FLOOR = 95;

await prepare();
run('npx', [
  'c8',
  '--include=driver/**/*.ts',
  '--include=nodes/**/*.ts',
  '--exclude=**/*.d.ts',
  '--all',
  '--reporter=text-summary',
  '--reporter=html',
  '--check-coverage',
  `--lines=${FLOOR}`,
  '--statements=0',
  '--functions=0',
  '--branches=0',
  'node',
  'scripts/test.mjs',
  ...process.argv.slice(2),
]);
