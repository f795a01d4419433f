// Runs test files, and prints the runner's summary at the end:
// node --require ./scripts/typescript.cjs scripts/test-processes.mjs FILE…
// A process takes seconds to start, to load Node-RED and to warm up: the test files of a folder share one.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { root } from './root.mjs';

const browser = join('test', 'browser');
/** These files wait for other processes more than they compute: each runs in its own, so that they wait at the same time. */
const waiting = ['bench', 'doctor', 'package', 'servers', 'start', 'verification/soak'].map(
  (name) => join('test', name),
);
/** Begin first, in this order: a long process that begins last leaves the other cores idle. */
const longest = [browser, ...waiting, join('test', 'verification')];
/** Folder of the generated programs. One for each run of the tests, because two runs may overlap. */
const programs = mkdtempSync(join(tmpdir(), 'esp-at-tests-'));
process.on('exit', () => rmSync(programs, { recursive: true }));

const folders = new Map();
for (const file of process.argv.slice(2)) {
  const folder = dirname(file);
  const key = waiting.includes(folder) ? file : folder;
  folders.set(key, [...(folders.get(key) ?? []), file]);
}
// Many tests wait for processes, ports and timers: while one does, another has its core.
const concurrency = availableParallelism() + 2;
run({ files: processes(), concurrency })
  .on('test:fail', () => (process.exitCode = 1))
  .compose(new spec())
  .pipe(process.stdout);

/** The program of each process; folders with many files before those with few. */
function processes() {
  const all = [...folders].sort(
    ([a, filesOfA], [b, filesOfB]) => rank(a) - rank(b) || filesOfB.length - filesOfA.length,
  );
  return all.flatMap(([folder, files]) => {
    if (folder === browser && isWhole(files)) return nodeReds();
    return files.length === 1 ? resolve(root, files[0]) : together(folder, files);
  });
}

function rank(key) {
  const index = longest.findIndex((folder) => key.startsWith(folder));
  return index < 0 ? longest.length : index;
}

/** Two processes, one for each Node-RED, run all browser tests: they start Node-RED, browser and pages only once. */
function nodeReds() {
  return ['node-red-4.ts', 'node-red-5.ts'].map((name) => join(root, browser, name));
}

function isWhole(files) {
  const all = readdirSync(join(root, browser)).filter((name) => name.endsWith('.test.ts'));
  return files.length === all.length;
}

/** A program that runs test files one after the other. The hooks of a file concern its own tests. */
function together(folder, files) {
  const path = join(programs, `${folder.replaceAll(/[\\/]/g, '-')}.cjs`);
  const suites = files.map((file) => {
    const [title, source] = [file, resolve(root, file)].map((text) => JSON.stringify(text));
    return `describe(${title}, () => void require(${source}));\n`;
  });
  writeFileSync(path, `const { describe } = require('node:test');\n${suites.join('')}`);
  return path;
}
