#!/usr/bin/env node
// `npm test`, on a fresh clone too: installs, builds, then runs all tests with the runner's own
// closing count. Arguments name test files or folders instead of all.
import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { prepare, root, run } from './prepare.mjs';

await prepare();
const hook = join(root, 'scripts', 'typescript.cjs');
const { compiled } = createRequire(import.meta.url)(hook);
for (const folder of ['driver', 'simulator', 'nodes', 'bench', 'test']) {
  for (const file of filesIn(join(root, folder), '.ts'))
    if (!file.endsWith('.d.ts')) compiled(file);
}
const named = process.argv.slice(2);
const files = together(
  (named.length > 0 ? named : ['test']).flatMap((path) =>
    filesIn(join(root, path), '.test.ts').map((file) => relative(root, file)),
  ),
);
// Many tests wait for processes, ports and timers: while one does, another has its core.
const concurrency = `--test-concurrency=${availableParallelism() + 1}`;
const options = ['--require', hook, '--test', '--test-reporter=spec', concurrency];
run(process.execPath, [...options, ...files]);

/** Two processes, one for each Node-RED, run all browser tests: they start Node-RED, browser and pages only once. */
function together(files) {
  const folder = join('test', 'browser');
  const isShared = (file) => dirname(file) === folder;
  const all = readdirSync(join(root, folder)).filter((name) => name.endsWith('.test.ts'));
  if (files.filter(isShared).length < all.length) return files;
  const entries = ['node-red-4.ts', 'node-red-5.ts'].map((name) => join(folder, name));
  return [...entries, ...files.filter((file) => !isShared(file))];
}

/** The files below a folder whose names end so; a file as it is. */
function filesIn(path, ending) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.name.endsWith(ending))
    .flatMap((entry) => filesIn(join(path, entry.name), ending))
    .sort();
}
