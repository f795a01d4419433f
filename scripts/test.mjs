#!/usr/bin/env node
// Everything `npm test` does, on a fresh clone too: install if needed, build, then all tests with the
// runner's own closing count. Arguments name test files instead of all.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: command === npm && process.platform === 'win32' });
  if (status !== 0) process.exit(status ?? 1);
}

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return testFiles(path);
      return entry.name.endsWith('.test.ts') ? [path] : [];
    })
    .sort();
}

if (!existsSync(join(root, 'node_modules', '.package-lock.json'))) run(npm, ['ci']);
run(process.execPath, ['scripts/build.mjs']);
const named = process.argv.slice(2);
const files = named.length > 0 ? named : testFiles(join(root, 'test'));
run(process.execPath, ['--import', 'tsx', '--test', '--test-reporter=spec', ...files]);
