#!/usr/bin/env node
// `npm run api`: checks the compiled types against the API reports in api/, the pages in docs/api/ against the doc
// comments, and the package's entry points.
// `npm run api -- --local` writes reports and pages anew, to be committed with the change that caused it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiPage } from './api-pages.mjs';
import { run } from '../prepare.mjs';
import { root } from '../root.mjs';

const isLocal = process.argv.includes('--local');
mkdirSync(join(root, 'dist', 'api'), { recursive: true });
for (const entry of ['driver', 'simulator']) {
  const config = join('api', `${entry}.json`);
  run('npx', ['api-extractor', 'run', '--config', config, ...(isLocal ? ['--local'] : [])]);
  const path = join(root, 'docs', 'api', `${entry}.md`);
  const page = apiPage(entry);
  if (isLocal) writeFileSync(path, page);
  else if (!existsSync(path) || readFileSync(path, 'utf8') !== page) {
    console.error(`docs/api/${entry}.md is stale: npm run api -- --local`);
    process.exit(1);
  }
}
run('npx', ['publint', '--strict']);
// node10 knows no "exports": users of the subpaths have Node.js 20.
run('npx', ['attw', '--pack', '.', '--profile', 'node16']);
