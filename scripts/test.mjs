#!/usr/bin/env node
// `npm test`, on a fresh clone too: installs, builds, runs all tests, and prints the runner's
// summary at the end. Arguments name test files or folders instead of all.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { prepare, run } from './prepare.mjs';
import { root } from './root.mjs';

const named = process.argv.slice(2);
const files = (named.length > 0 ? named : ['test']).flatMap(testsIn);
await prepare();
const hook = join(root, 'scripts', 'typescript.cjs');
const { compiled, prune } = createRequire(import.meta.url)(hook);
prune();
for (const folder of ['driver', 'simulator', 'replay', 'nodes', 'bench', 'test']) {
  for (const file of filesIn(join(root, folder), '.ts'))
    if (!file.endsWith('.d.ts')) compiled(file);
}
run(process.execPath, ['--require', hook, join(root, 'scripts', 'test-processes.mjs'), ...files]);

/** Fails early, before the installation and the compilation, if the path holds no tests. */
function testsIn(path) {
  const full = resolve(root, path);
  const found = existsSync(full) ? filesIn(full, '.test.ts') : [];
  if (found.length > 0) return found.map((file) => relative(root, file));
  console.error(`There are no tests at ${path}. Name a test file, or a folder below test/.`);
  process.exit(1);
}

/** The files below a folder whose names end so; a file as it is. */
function filesIn(path, ending) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.name.endsWith(ending))
    .flatMap((entry) => filesIn(join(path, entry.name), ending))
    .sort();
}
