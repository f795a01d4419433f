#!/usr/bin/env node
// `npm run api`: checks the compiled types against the API reports in api/, and the package's entry points.
// `npm run api -- --local` writes the reports anew, to be committed with the change that caused it.
import { run } from './prepare.mjs';

const local = process.argv.includes('--local') ? ['--local'] : [];
for (const entry of ['driver', 'simulator'])
  run('npx', ['api-extractor', 'run', '--config', `api/${entry}.json`, ...local]);
run('npx', ['publint', '--strict']);
// node10 knows no "exports": users of the subpaths have Node.js 20.
run('npx', ['attw', '--pack', '.', '--profile', 'node16']);
