#!/usr/bin/env node
// `npm test`, on a fresh clone too: installs, builds, then runs all tests with the runner's own
// closing count. Arguments name test files or folders instead of all.
import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { prepare, root, run } from './prepare.mjs';

await prepare();
const named = process.argv.slice(2);
const files = (named.length > 0 ? named : ['test']).flatMap((path) => testFiles(join(root, path)));
run(process.execPath, ['--import', 'tsx', '--test', '--test-reporter=spec', ...files]);

function testFiles(path) {
  if (!statSync(path).isDirectory()) return [relative(root, path)];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.name.endsWith('.test.ts'))
    .flatMap((entry) => testFiles(join(path, entry.name)))
    .sort();
}
