#!/usr/bin/env node
// `npm run changelog`: prints the section of CHANGELOG.md for what has been committed since the last release, from the
// subjects of the commits (`scope: what it does`). `npm run changelog -- 0.2.0` writes it and the version to the files.
// Commits and tags nothing: release.mjs does.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../root.mjs';

/** The scopes that concern users of the package, by heading, in the order of the page. The page omits the others. */
const HEADINGS = new Map([
  ['Nodes', ['nodes', 'examples', 'locales', 'help']],
  [
    'Driver',
    [
      ...['driver', 'device', 'link', 'at', 'port', 'commands', 'provisioning', 'web-socket'],
      ...['recorder', 'statistics', 'doctor', 'values'],
    ],
  ],
  ['Simulated ESP32', ['simulator', 'replay']],
  ['Package and documentation', ['build', 'docs', 'start']],
]);

/** The scopes of which the page says nothing. */
const OMITTED = [
  'test',
  'verification',
  'conformance',
  'mutation',
  'harness',
  'browser',
  'exhaustive',
  'faults',
  'fuzz',
  'soak',
  'deployments',
  'bench',
  'api',
  'ci',
];

/** The section of CHANGELOG.md about commits: `{ hash, subject, body }`, newest first. */
export function section(version, date, commits) {
  const changes = commits.map(changeOf);
  const lists = [
    ['Breaking changes', changes.filter((c) => c.breaking).map((c) => `- ${c.breaking}`)],
    ...[...HEADINGS.keys()].map((heading) => [
      heading,
      changes.filter((c) => c.heading === heading).map((c) => c.line),
    ]),
  ];
  const text = lists
    .filter(([, lines]) => lines.length > 0)
    .map(([heading, lines]) => `### ${heading}\n\n${lines.reverse().join('\n')}\n`);
  return [`## ${version} (${date})\n`, ...text].join('\n');
}

/** The line of a commit, its heading (that of its first scope with one), and what users must do. */
function changeOf({ hash, subject, body }) {
  const [, scope = '', mark, text] = /^([a-z-]+(?:, [a-z-]+)*)(!?): (.+)$/.exec(subject) ?? [];
  const scopes = scope.split(', ');
  const headings = scopes.map((each) => [...HEADINGS].find(([, own]) => own.includes(each))?.[0]);
  const note = /^BREAKING CHANGE: ([^]+?)(?:\n\n|$(?![^]))/m
    .exec(body)?.[1]
    .replace(/\s+/g, ' ')
    .trim();
  return {
    heading: headings.find((heading) => heading !== undefined),
    line: `- ${scope}: ${text} (${hash.slice(0, 7)})`,
    breaking: note ?? (mark ? `${scope}: ${text}` : undefined),
    isOmitted: scopes.every((each) => OMITTED.includes(each)),
  };
}

/** Prints the subjects that the section leaves out because no heading has their scope. */
export function printLeftOut(commits) {
  const leftOut = commits.filter((commit) => {
    const { heading, isOmitted } = changeOf(commit);
    return heading === undefined && !isOmitted;
  });
  if (leftOut.length === 0) return;
  const subjects = leftOut.map(({ hash, subject }) => `  ${hash.slice(0, 7)} ${subject}`);
  console.error(`Not in the section, for lack of a scope that it knows:\n${subjects.join('\n')}`);
}

/** Today, as in a heading of CHANGELOG.md. */
export const today = () => new Date().toISOString().slice(0, 10);

/** The page with a section before the newest one. */
function withSection(page, text) {
  const at = page.search(/^## /m);
  return at < 0 ? `${page.trimEnd()}\n\n${text}` : `${page.slice(0, at)}${text}\n${page.slice(at)}`;
}

/** What was committed since the last release: `{ hash, subject, body }`, newest first. */
export function commitsSinceRelease() {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' });
  // Without the setting, Git sorts a pre-release behind its release.
  const list = ['-c', 'versionsort.suffix=-', 'tag', '--list', 'v*', '--sort=-v:refname'];
  const [tag] = git(...list, '--merged').split('\n');
  const log = git(
    'log',
    '--no-merges',
    '--format=%H%x1f%s%x1f%b%x1e',
    ...(tag ? [`${tag}..`] : []),
  );
  return log
    .split('\x1e')
    .map((entry) => entry.trim().split('\x1f'))
    .filter(([hash]) => hash !== '')
    .map(([hash, subject, body = '']) => ({ hash, subject, body }));
}

/** Whether a text is three numbers, perhaps with a part such as `-beta.1` behind them. */
export function isVersion(text) {
  return /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(text);
}

/** Whether a page has the section of a version: its sentences may be made by hand. */
export function hasSection(page, version) {
  const heading = `## ${version}`;
  return page.split('\n').some((line) => line === heading || line.startsWith(`${heading} `));
}

/** The files that a version and its section change, `{ file, content }`. A page keeps the section that it has. */
export function changedFiles(version, text) {
  const own = `"version": "${version}"`;
  return [
    edited('CHANGELOG.md', (page) => (hasSection(page, version) ? page : withSection(page, text))),
    edited('package.json', (json) => json.replace(/"version": ".*?"/, own)),
    // The package's own version stands twice at the head of the lock file.
    edited('package-lock.json', (json) => {
      const head = json.slice(0, json.indexOf('"license"'));
      return head.replace(/"version": ".*?"/g, own) + json.slice(head.length);
    }),
  ].flat();
}

/** Writes the files of {@link changedFiles}. */
export function write(files) {
  for (const { file, content } of files) writeFileSync(join(root, file), content);
}

function edited(file, change) {
  const before = readFileSync(join(root, file), 'utf8');
  const content = change(before);
  return content === before ? [] : [{ file, content }];
}

function main() {
  const [version] = process.argv.slice(2);
  if (version !== undefined && !isVersion(version)) {
    console.error(`${version} is no version: three numbers, as in 0.2.0`);
    process.exit(1);
  }
  const commits = commitsSinceRelease();
  const text = section(version ?? 'Unreleased', today(), commits);
  printLeftOut(commits);
  if (version === undefined) return console.log(text);
  write(changedFiles(version, text));
  console.log(`CHANGELOG.md, package.json and package-lock.json are at ${version}.`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main();
