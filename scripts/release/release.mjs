#!/usr/bin/env node
// `npm run release -- 0.2.0`: makes a release of the last commit. Writes the section of CHANGELOG.md and the version, unless
// they are there already, then commits what it has written, and tags. `--dry-run` prints what it would write, and changes
// nothing.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../root.mjs';
import {
  changedFiles,
  commitsSinceRelease,
  hasSection,
  isVersion,
  printLeftOut,
  section,
  today,
  write,
} from './changelog.mjs';

const USAGE = 'npm run release -- VERSION [--dry-run]';

const options = process.argv.slice(2);
const isDryRun = options.includes('--dry-run');
const [version, ...others] = options.filter((option) => option !== '--dry-run');
const problem = problemOf();
if (problem !== undefined) {
  console.error(problem);
  process.exit(1);
}
const tag = `v${version}`;
const commits = commitsSinceRelease();
const isWritten = hasSection(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version);
if (!isWritten) printLeftOut(commits);
const text = section(version, today(), commits);
const changed = changedFiles(version, text);
const files = changed.map(({ file }) => file);
if (isDryRun) {
  if (isWritten) console.log(`CHANGELOG.md has a section ${version}, which stays.`);
  else console.log(text);
  const all = `change ${files.join(', ')}, commit, and tag`;
  console.log(`Would ${files.length > 0 ? all : 'tag the last commit'} ${tag}.`);
} else {
  write(changed);
  if (files.length > 0) {
    git('add', ...files);
    git('commit', '--quiet', '--message', `build: release ${version}`);
  }
  git('tag', '--annotate', '--message', version, tag);
  const done = files.length > 0 ? 'Committed and tagged' : 'Tagged the last commit';
  console.log(`${done} ${tag}. Now: git push --follow-tags`);
}

/** Why there is no release; undefined: nothing prevents it. */
function problemOf() {
  if (version === undefined || others.length > 0) return USAGE;
  if (!isVersion(version)) return `${version} is no version: three numbers, as in 0.2.0`;
  const changed = git('status', '--porcelain');
  if (changed !== '') return `Commit or remove these changes first:\n${changed}`;
  if (git('tag', '--list', `v${version}`) !== '') return `v${version} is released already.`;
  const { version: now } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const isFirst = git('tag', '--list', 'v*') === '';
  if (compare(version, now) < 0 || (version === now && !isFirst))
    return `${version} does not come after ${now}.`;
  return undefined;
}

/** Compares the numbers of two versions, then what follows them: a version without comes last. */
function compare(a, b) {
  const [numbersA, restA] = a.split(/-(.*)/s);
  const [numbersB, restB] = b.split(/-(.*)/s);
  const order = numbersA.localeCompare(numbersB, 'en', { numeric: true });
  if (order !== 0 || restA === restB) return order;
  if (restA === undefined || restB === undefined) return restA === undefined ? 1 : -1;
  return restA.localeCompare(restB, 'en', { numeric: true });
}

function git(...args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trimEnd();
}
