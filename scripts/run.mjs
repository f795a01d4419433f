#!/usr/bin/env node
// `npm run bench`, `npm run soak`, on a fresh clone too: installs and compiles what is missing, then runs a TypeScript
// program: node scripts/run.mjs FILE [ARGUMENTS]
import { prepare, run } from './prepare.mjs';

await prepare();
run(process.execPath, ['--import', 'tsx', ...process.argv.slice(2)]);
