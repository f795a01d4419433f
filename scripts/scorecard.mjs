#!/usr/bin/env node
// `npm run scorecard`: the rules by which the Node-RED library scores a package, with their numbers
// there. The library's own command (node-red-dev validate) stops when it cannot ask its servers; this
// one needs the compiled nodes, and a registry for the last two rules only.
// `npm run scorecard -- --offline` leaves those two out.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './root.mjs';

const MAX_DEPENDENCIES = 6;
/** The oldest Node.js that the newest supported Node-RED (5.0) runs on. */
const NEWEST_NODE_RED_NEEDS = '22.9';

const read = (path) => readFileSync(join(root, path), 'utf8');

/** Each rule with its problem, a sentence; undefined when the package keeps the rule. */
export function scorecard({ offline = false } = {}) {
  const manifest = JSON.parse(read('package.json'));
  const nodes = Object.entries(manifest['node-red']?.nodes ?? {});
  const editors = nodes.map(([type, path]) => ({
    type,
    html: read(path.replace(/\.js$/, '.html')),
  }));
  const { dependencies } = manifest;
  const conditions = [
    ['P01 has a licence', manifest.license, 'package.json names none'],
    ['P02 has a README', read('README.md').length > 500, 'README.md is too short'],
    [
      'P03 has a repository or an address for bugs',
      manifest.repository?.url ?? manifest.bugs?.url,
      'package.json names none',
    ],
    ['P04 has a scoped name', /^@[a-z0-9-]+\/[a-z0-9.-]+$/.test(manifest.name), manifest.name],
    ['P05 has the keyword node-red', manifest.keywords?.includes('node-red'), 'it is missing'],
    [
      'P07 names the Node-RED it needs',
      /^>=\d+\.\d+\.\d+$/.test(manifest['node-red']?.version),
      'node-red.version is missing',
    ],
    [
      'P08 admits the Node.js of the newest Node-RED',
      admits(manifest.engines?.node),
      `engines.node must admit ${NEWEST_NODE_RED_NEEDS}`,
    ],
  ];
  const rules = [
    ...conditions.map(([rule, isMet, problem]) => [rule, isMet ? undefined : problem]),
    ['N01 registers each type once, by a literal name', registered(editors)],
    ['N02 shows every node type in an example', shown(editors)],
    ['N03 has defaults, colour and icon as literals', literals(editors)],
    [`D01 has at most ${MAX_DEPENDENCIES} dependencies`, counted(dependencies)],
  ];
  if (!offline) {
    rules.push(['D02 has current dependencies', outdated(dependencies)]);
    rules.push(['D03 has no deprecated dependencies', deprecated(dependencies)]);
  }
  return rules.map(([rule, problem]) => ({ rule, problem }));
}

function admits(range = '') {
  const [, major = Infinity, minor = 0] = /^>=(\d+)(?:\.(\d+))?/.exec(range) ?? [];
  const [neededMajor, neededMinor] = NEWEST_NODE_RED_NEEDS.split('.').map(Number);
  return (
    Number(major) < neededMajor || (Number(major) === neededMajor && Number(minor) <= neededMinor)
  );
}

function registered(editors) {
  for (const { type, html } of editors) {
    const names = [...html.matchAll(/registerType\(\s*(['"])([^'"]+)\1/g)].map(
      ([, , name]) => name,
    );
    if (names.join() !== type) return `${type} registers: ${names.join() || 'nothing'}`;
  }
}

function shown(editors) {
  const examples = readdirSync(join(root, 'examples')).map((name) => ({
    name,
    flow: JSON.parse(read(`examples/${name}`)),
  }));
  const broken = examples.find(({ flow }) => !Array.isArray(flow));
  if (broken) return `${broken.name} is no array`;
  const types = new Set(examples.flatMap(({ flow }) => flow.map(({ type }) => type)));
  const missing = editors.filter(
    ({ type, html }) => literal(html, 'category') !== 'config' && !types.has(type),
  );
  if (missing.length > 0) return `no example has ${missing.map(({ type }) => type).join()}`;
}

function literals(editors) {
  for (const { type, html } of editors) {
    for (const name of ['category', 'color', 'icon'])
      if (literal(html, name) === undefined) return `${type} has no ${name}`;
    if (!/\bdefaults: \{\n/.test(html)) return `${type} has no defaults`;
    if (!existsSync(join(root, 'icons', literal(html, 'icon'))))
      return `${type}: the icon is not there`;
  }
}

/** The value of a property of a registered type, where it is a literal. */
const literal = (html, name) =>
  new RegExp(`RED\\.nodes\\.registerType\\([^]*?\\b${name}: '([^']+)'`).exec(html)?.[1];

function counted(dependencies = {}) {
  const { length } = Object.keys(dependencies);
  if (length > MAX_DEPENDENCIES) return `there are ${length}`;
}

function outdated(dependencies) {
  for (const [name, range] of Object.entries(dependencies)) {
    const version = ask(name, 'version');
    const major = /^\^(\d+)\./.exec(range)?.[1];
    if (major === undefined || !version.startsWith(`${major}.`))
      return `${name} ${range}: the newest is ${version}`;
  }
}

function deprecated(dependencies) {
  for (const name of Object.keys(dependencies)) {
    const reason = ask(name, 'deprecated');
    if (reason !== '') return `${name}: ${reason}`;
  }
}

function ask(name, field) {
  const { status, stdout } = spawnSync('npm', ['view', name, field, '--loglevel=error'], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`the registry does not answer about ${name}; try --offline`);
  return stdout.trim();
}

function main() {
  const rules = scorecard({ offline: process.argv.includes('--offline') });
  for (const { rule, problem } of rules)
    console.log(problem === undefined ? `ok      ${rule}` : `FAILED  ${rule}: ${problem}`);
  process.exitCode = rules.every(({ problem }) => problem === undefined) ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main();
