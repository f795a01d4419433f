// What a fresh clone needs before anything runs: Node.js, the packages, and the compiled code.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { install } from './install.mjs';
import { root } from './root.mjs';

const OLDEST_NODE = 20;

/** Installs the missing packages, and compiles sources that are newer than dist/. */
export async function prepare() {
  requireNode();
  await install();
  build();
}

/** Ends the process with a sentence when this Node.js is too old. */
export function requireNode() {
  if (Number(process.versions.node.split('.')[0]) >= OLDEST_NODE) return;
  console.error(`Node.js ${OLDEST_NODE} or newer is needed; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Runs a program in the repository; ends this process with its code when it fails. */
export function run(command, args) {
  // On Windows npm and npx are command files, which only a shell starts.
  const shell = process.platform === 'win32' && /^np[mx]$/.test(command);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell });
  if (status === 0) return;
  if (error !== undefined) console.error(`${command} could not be started: ${error.message}`);
  process.exit(status ?? 1);
}

/** Compiles to dist/, when a source is newer than what was compiled from it. */
function build() {
  if (isBuilt()) return;
  console.log('Compiling …');
  run(process.execPath, [join(root, 'scripts', 'build.mjs')]);
}

/** build.mjs writes dist/.complete last. */
function isBuilt() {
  const sources = [
    'driver',
    'simulator',
    'nodes',
    'locales',
    'icons',
    'package.json',
    'replay',
    'scripts',
    'tsconfig.json',
  ];
  return Math.max(...sources.map(newest)) <= modified(join('dist', '.complete'));
}

function newest(path) {
  const at = modified(path);
  if (at === 0 || !statSync(join(root, path)).isDirectory()) return at;
  return Math.max(at, ...readdirSync(join(root, path)).map((name) => newest(join(path, name))));
}

/** Milliseconds; 0 when there is no such file. */
function modified(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
