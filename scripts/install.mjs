// The packages of package-lock.json in node_modules: whether they are there, and their installation.
import { spawn } from 'node:child_process';
import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from './root.mjs';

/** npm's own default waits 70 s for a registry that is not there. */
const REGISTRY_TIMEOUT_MS = 10_000;
const TERMINAL_INTERVAL_MS = 500;
const LOG_INTERVAL_MS = 10_000;

/** Installs what package-lock.json names, when something of it is missing or of another version. */
export async function install() {
  if (isInstalled()) return;
  requireOwnFolder();
  const needed = Object.entries(lockedPackages('package-lock.json')).filter(isNeededHere);
  await requireRegistry(needed);
  console.log(`Installing ${needed.length} packages into node_modules, once: 1 to 3 minutes.`);
  const npm = startNpm(['ci', '--include=dev', '--loglevel=error']);
  await showProgress(needed, npm.ended);
  const { code, output } = await npm.ended;
  if (code !== 0) fail(`npm could not install the packages:\n${output.trim()}`, code ?? 1);
  console.log(`Installed ${needed.length} packages.`);
}

/**
 * npm ci deletes node_modules/.package-lock.json first and writes it last, so an interrupted
 * installation is not taken for a complete one.
 */
function isInstalled() {
  const present = lockedPackages(join('node_modules', '.package-lock.json'));
  return Object.entries(lockedPackages('package-lock.json'))
    .filter(isNeededHere)
    .every(([path, { version, optional, devOptional }]) =>
      path in present
        ? present[path].version === version && exists(path)
        : Boolean(optional ?? devOptional),
    );
}

/** npm leaves out what another platform needs, and what an earlier package-lock.json left behind. */
function isNeededHere([path, { os, cpu, libc, extraneous }]) {
  return (
    path !== '' &&
    !extraneous &&
    admits(os, process.platform) &&
    admits(cpu, process.arch) &&
    (libc === undefined || admits(libc, libcName()))
  );
}

/** Whether a list of package.json, such as `["linux", "darwin"]` or `["!win32"]`, admits a value. */
function admits(list = [], value) {
  const excluded = list.filter((entry) => entry.startsWith('!'));
  if (excluded.includes(`!${value}`)) return false;
  return list.length === excluded.length || list.includes(value);
}

let libc;

/** The C library; only packages for Linux ask for one. */
function libcName() {
  process.report.excludeNetwork = true; // Else it looks up the names of open connections.
  libc ??= process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
  return libc;
}

function lockedPackages(file) {
  if (!exists(file, '')) return {};
  return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
}

function exists(path, file = 'package.json') {
  return statSync(join(root, path, file), { throwIfNoEntry: false }) !== undefined;
}

/** Ends the process with a sentence when node_modules is a link: npm ci would delete what another checkout uses. */
function requireOwnFolder() {
  const folder = join(root, 'node_modules');
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  fail(
    `node_modules is a link${targetOf(folder)}, where packages are missing or have another version. Run npm ci there, or delete the link and run this again.`,
  );
}

/** Empty where the link leads nowhere. */
function targetOf(link) {
  try {
    return ` to ${realpathSync(link)}`;
  } catch {
    return '';
  }
}

/** Ends the process with a sentence when no registry answers, before npm ci deletes node_modules. */
async function requireRegistry(needed) {
  const [path] = needed[0];
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const timeout = `--fetch-timeout=${REGISTRY_TIMEOUT_MS}`;
  const npm = startNpm([
    'view',
    name,
    'name',
    '--json',
    '--fetch-retries=0',
    timeout,
    '--loglevel=silent',
  ]);
  const deadline = setTimeout(npm.kill, REGISTRY_TIMEOUT_MS + 2000);
  const { code, output, killed } = await npm.ended;
  clearTimeout(deadline);
  // What a registry says by a status (E401, E404, …) shows that it is there.
  const reason = killed
    ? 'ETIMEDOUT'
    : code === 0
      ? undefined
      : /"code": "([A-Z_]+)"/.exec(output)?.[1];
  if (reason === undefined) return;
  fail(
    `The packages cannot be installed, because the npm registry cannot be reached (${reason}): connect to the network, then run this again.`,
  );
}

/** How many packages are in place: on a terminal in one line, else in a line now and then. */
async function showProgress(needed, ended) {
  const { isTTY } = process.stdout;
  const interval = isTTY ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS;
  const began = Date.now();
  let running = true;
  ended.then(() => (running = false));
  while (running) {
    await Promise.race([ended, delay(interval, undefined, { ref: false })]);
    if (!running) break;
    const count = needed.filter(([path]) => exists(path)).length;
    const seconds = Math.round((Date.now() - began) / 1000);
    const line = `  ${count} of ${needed.length} packages after ${seconds} s`;
    process.stdout.write(isTTY ? `\r${line}` : `${line}\n`);
  }
  if (isTTY) process.stdout.write('\r\x1b[K');
}

function startNpm(args) {
  const windows = process.platform === 'win32';
  const child = spawn(windows ? 'npm.cmd' : 'npm', args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: windows,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 1, output: error.message, killed: false }));
    child.once('close', (code) => resolve({ code, output, killed: child.killed }));
  });
  const kill = () => child.kill();
  // npm must not go on writing to node_modules when this process ends.
  process.once('exit', kill);
  void ended.then(() => process.removeListener('exit', kill));
  return { ended, kill };
}

function fail(sentence, code = 1) {
  console.error(sentence);
  process.exit(code);
}
