#!/usr/bin/env node
// `npm run coverage`: runs all tests, or those in the arguments, and fails when they execute less of
// driver and nodes than FLOOR. The report of each line is coverage/index.html.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, run } from './prepare.mjs';
import { root } from './root.mjs';

/** Percent of lines. Tests do not run the handling of operating-system failures. */
const FLOOR = 99;

await prepare();
// After the installation.
const { transformSync } = await import('esbuild');
run('npx', [
  'c8',
  '--include=driver/**/*.ts',
  '--include=nodes/**/*.ts',
  '--exclude=**/*.d.ts',
  // Nothing loads a file of types alone.
  ...['driver', 'nodes']
    .flatMap(sources)
    .filter(hasNoCode)
    .map((path) => `--exclude=${path}`),
  '--all',
  '--reporter=text-summary',
  '--reporter=html',
  '--check-coverage',
  `--lines=${FLOOR}`,
  '--statements=0',
  '--functions=0',
  '--branches=0',
  'node',
  'scripts/test.mjs',
  ...process.argv.slice(2),
]);

function sources(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sources(path);
    return path.endsWith('.ts') && !path.endsWith('.d.ts') ? [path] : [];
  });
}

function hasNoCode(path) {
  return transformSync(readFileSync(join(root, path), 'utf8'), { loader: 'ts' }).code === '';
}
