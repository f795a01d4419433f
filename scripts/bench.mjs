#!/usr/bin/env node
// `npm run bench`, on a fresh clone too: prints a line of JSON for each measurement. Arguments name what
// is measured instead of all; see docs/performance.md.
import { join } from 'node:path';
import { prepare, root, run } from './prepare.mjs';

await prepare();
run(process.execPath, ['--import', 'tsx', join(root, 'bench', 'run.ts'), ...process.argv.slice(2)]);
