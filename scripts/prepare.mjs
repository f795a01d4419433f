// What a fresh clone needs before anything runs: the packages of package-lock.json, and the compiled code.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder, without a slash at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

const oldestNode = 20;

/** Ends the process with a sentence when this Node.js is too old. */
export function requireNode() {
  if (Number(process.versions.node.split('.')[0]) >= oldestNode) return;
  console.error(`Node.js ${oldestNode} or newer is needed; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Runs a program in the repository; ends this process with its code when it fails. */
export function run(command, args) {
  const windowsNpm = command === 'npm' && process.platform === 'win32';
  const { status, error } = spawnSync(windowsNpm ? 'npm.cmd' : command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: windowsNpm,
  });
  if (status === 0) return;
  if (error !== undefined) console.error(`${command} could not be started: ${error.message}`);
  process.exit(status ?? 1);
}

/** Installs what package-lock.json names, when something of it is missing or of another version. */
export function install() {
  if (installed()) return;
  console.log('Installing packages …');
  run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund']);
}

/** Compiles to dist/, when a source is newer than what was compiled from it. */
export function build() {
  if (built()) return;
  console.log('Building …');
  run(process.execPath, [join(root, 'scripts', 'build.mjs')]);
}

function installed() {
  const wanted = lockedPackages('package-lock.json');
  // npm writes this one last, so it is missing after an installation that was cut off.
  const present = lockedPackages(join('node_modules', '.package-lock.json'));
  return Object.entries(wanted).every(([path, { version, optional, devOptional }]) => {
    if (path === '') return true;
    const found = present[path];
    if (found === undefined) return Boolean(optional ?? devOptional);
    return found.version === version && modified(join(path, 'package.json')) !== undefined;
  });
}

function lockedPackages(file) {
  if (modified(file) === undefined) return {};
  return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
}

function built() {
  const {
    main,
    bin,
    'node-red': nodeRed,
  } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const nodes = Object.values(nodeRed.nodes);
  const results = [
    main,
    ...Object.values(bin),
    ...nodes,
    ...nodes.map((path) => path.replace(/\.js$/, '.html')),
  ].map(modified);
  if (results.includes(undefined)) return false;
  const sources = [
    'driver',
    'simulator',
    'nodes',
    'locales',
    'icons',
    'scripts/build.mjs',
    'tsconfig.json',
  ];
  return Math.max(...sources.map(newest)) <= Math.min(...results);
}

function newest(path) {
  const at = modified(path) ?? 0;
  if (at === 0 || !statSync(join(root, path)).isDirectory()) return at;
  return Math.max(at, ...readdirSync(join(root, path)).map((name) => newest(join(path, name))));
}

function modified(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs;
}
