import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { NodeRedMajor } from '../start/demo';

/** Runs the test files of this folder in this process, with one Node-RED: they share it, a browser and its pages. */
export function runAll(nodeRed: NodeRedMajor): void {
  process.env.ONLY_NODE_RED = nodeRed;
  const load = createRequire(__filename);
  for (const file of readdirSync(__dirname).sort())
    if (file.endsWith('.test.ts')) load(join(__dirname, file));
}
