#!/usr/bin/env node
// Compiles driver, simulator and nodes to dist/, and puts beside the compiled nodes what Node-RED looks
// for there: editor files, icons, and per language a catalog and a help file for each node type.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

const from = (...parts) => join(root, ...parts);
const target = (...parts) => join(root, 'dist', 'nodes', ...parts);
const read = (path) => readFileSync(path, 'utf8');
const readJson = (path) => JSON.parse(read(path));

rmSync(from('dist'), { recursive: true, force: true });
const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'];
const { status } = spawnSync(process.execPath, tsc, { cwd: root, stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

const types = Object.keys(readJson(from('package.json'))['node-red'].nodes);

/** What the dialogs share stands where a node's editor file names it. */
const included = (_, path) =>
  read(from('nodes', path))
    .replace(/^\/\* global .*\n/, '')
    .trim();
for (const type of types) {
  const html = read(from('nodes', `${type}.html`));
  const composed = html.replace(/\/\* include (shared\/editor\/[\w.-]+) \*\//g, included);
  writeFileSync(target(`${type}.html`), composed);
}

cpSync(from('icons'), target('icons'), { recursive: true });

/** Every node type has a catalog of its own: what it shares with the others is put into each. */
for (const language of readdirSync(from('locales'))) {
  const common = readJson(from('locales', language, 'shared.json'));
  mkdirSync(target('locales', language), { recursive: true });
  for (const type of types) {
    const catalog = merged(common, readJson(from('locales', language, `${type}.json`)));
    writeFileSync(target('locales', language, `${type}.json`), JSON.stringify(catalog, null, 2));
    cpSync(from('locales', language, `${type}.html`), target('locales', language, `${type}.html`));
  }
}

// Shows to prepare.mjs that the compiled code is complete.
writeFileSync(from('dist', '.complete'), '');

function merged(base, own) {
  const result = { ...base };
  for (const [key, value] of Object.entries(own)) {
    result[key] = typeof value === 'object' ? merged(base[key] ?? {}, value) : value;
  }
  return result;
}
