#!/usr/bin/env node
// Compiles driver, simulator, replay and nodes to dist/, and puts beside the compiled nodes the files that Node-RED
// looks for: editor files, icons, and in each language a catalog and a help file for each node type.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { dialog, faultTable } from './dialogs.mjs';
import { root } from './root.mjs';

const inRoot = (...parts) => join(root, ...parts);
const target = (...parts) => join(root, 'dist', 'nodes', ...parts);
const read = (path) => readFileSync(path, 'utf8');
const readJson = (path) => JSON.parse(read(path));

rmSync(inRoot('dist'), { recursive: true, force: true, maxRetries: 5 });
const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'];
const { status } = spawnSync(process.execPath, tsc, { cwd: root, stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

const { nodes, plugins } = readJson(inRoot('package.json'))['node-red'];
/** Names of the files that Node-RED loads. */
const types = Object.keys({ ...nodes, ...plugins });

// The dialogs check the names and settings of faults, not what faults do.
const { faults } = await import(pathToFileURL(inRoot('dist', 'simulator', 'index.js')).href);
const replaced = { 'simulator/faults/all.ts': faultTable(faults) };
for (const type of types) {
  writeFileSync(target(`${type}.html`), dialog(inRoot('nodes'), type, replaced));
}

cpSync(inRoot('icons'), target('icons'), { recursive: true });

/** Each node type and plugin has a catalog of its own, so each gets the shared texts. */
for (const language of readdirSync(inRoot('locales'))) {
  const common = readJson(inRoot('locales', language, 'shared.json'));
  mkdirSync(target('locales', language), { recursive: true });
  for (const type of types) {
    const catalog = merged(common, readJson(inRoot('locales', language, `${type}.json`)));
    writeFileSync(target('locales', language, `${type}.json`), JSON.stringify(catalog, null, 2));
    // A plugin has no help.
    const help = join('locales', language, `${type}.html`);
    if (type in nodes) cpSync(inRoot(help), target(help));
  }
}

// Shows to prepare.mjs that the compiled code is complete.
writeFileSync(inRoot('dist', '.complete'), '');

function merged(base, own) {
  const result = { ...base };
  for (const [key, value] of Object.entries(own)) {
    result[key] = typeof value === 'object' ? merged(base[key] ?? {}, value) : value;
  }
  return result;
}
