#!/usr/bin/env node
// `npm run soak`: compiles the nodes, then runs them in a real Node-RED on a real pty for some minutes.
import { join } from 'node:path';
import { prepare, root, run } from './prepare.mjs';

await prepare();
const soak = join(root, 'test', 'verification', 'soak', 'run.ts');
run(process.execPath, ['--import', 'tsx', soak, ...process.argv.slice(2)]);
