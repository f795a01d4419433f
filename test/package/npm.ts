import { spawnSync } from 'node:child_process';
import { root } from './project';

/** Runs npm in a folder, quietly. */
export function npm(cwd: string, ...args: string[]) {
  return spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
}

/** Runs Node.js with these arguments. */
export function node(args: readonly string[], cwd = root) {
  return spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
}

/** Why a test that installs packages cannot run, or false. */
export function noRegistry(): string | false {
  const asked = npm(root, 'view', 'serialport', 'name', '--fetch-retries=0');
  return asked.status !== 0 && 'no npm registry can be reached';
}
