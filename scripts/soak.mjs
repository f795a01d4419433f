#!/usr/bin/env node
// `npm run soak`: compiles the nodes, then runs them in a real Node-RED on a real pty for some minutes.
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';
import { spawnSync } from 'node:child_process';

await prepare();
const soak = join(root, 'test', 'verification', 'soak', 'run.ts');
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', soak, ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.exit(status ?? 1);
