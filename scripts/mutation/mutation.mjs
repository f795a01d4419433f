#!/usr/bin/env node
// `npm run mutation`: changes the code at one place at a time (operators, conditions, returns, constants …) and
// runs the tests of that code. A change that no test notices survives. Prints score and survivors of each
// subject, and fails below FLOOR. Arguments name subjects instead of all, or files of one: parser,
// driver/at/transaction/idle.ts.
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { install } from '../install.mjs';
import { requireNode } from '../prepare.mjs';
import { root } from '../root.mjs';

/** Percent of the changes that tests must notice. A change that keeps the meaning may survive. */
const FLOOR = 85;
/** Milliseconds beyond one and a half times the usual, after which a change counts as an endless loop. */
const TIMEOUT_MS = 5000;

const subjects = {
  // Not parser-speech.test.ts: its megabytes take minutes through instrumented code.
  parser: {
    mutate: ['driver/at/parser/*.ts'],
    tests: ['at/parser/parser', 'at/parser/parser-cuts'],
  },
  client: {
    mutate: [
      ...['driver/at/*.ts', '!driver/at/types.ts', 'driver/at/client/*.ts'],
      ...['driver/at/transaction/*.ts', 'driver/at/resync/*.ts', 'driver/at/timing/*.ts'],
    ],
    tests: [
      ...['at/transaction', 'at/command-queue', 'at/at-client', 'at/response-timeout', 'at/timing'],
      ...['at/blocked-port', 'at/slow-bridge', 'at/port-lease', 'at/outcome'],
      ...['at/resync/resync', 'at/resync/resync-busy', 'at/resync/client-resync'],
      ...['at/corruption/noise', 'at/corruption/partial-frame'],
      ...['at/command-sequence', 'at/unasked-lines', 'at/urc'],
    ],
  },
  'link-state': {
    mutate: ['driver/link/state/*.ts'],
    tests: ['link/state/link-step', 'link/operations', 'link/claims', 'link/device-changes'],
  },
  messages: {
    mutate: ['driver/link/receive/*.ts'],
    tests: [
      ...['link/receive/message-assembler', 'link/receive/chunk-joiner'],
      ...['link/receive/framing-guard', 'link/receive/early-data', 'link/receive/receiver'],
      ...['link/receive/reception', 'link/receive/cut-header'],
      ...['link/receive/pieces', 'link/receive/whole-messages'],
    ],
  },
  sending: {
    mutate: ['driver/link/send/*.ts'],
    tests: [
      ...['link/send/pending-send', 'link/send/queue-limit', 'link/send/send-plan'],
      ...['link/send/send-queue', 'link/send/send-streams', 'link/sending'],
    ],
  },
};

requireNode();
const named = process.argv.slice(2);
const usage = `npm run mutation -- [SUBJECT or FILE …]

Changes the code of each subject, or of these files, one place at a time, and prints the changes that no test notices.
Subjects: ${Object.keys(subjects).join(', ')}
The exit code is 1 when the tests notice less than ${FLOOR} %.`;
if (named.includes('--help')) {
  console.log(usage);
  process.exit(0);
}
const unknown = named.filter((name) => !Object.hasOwn(subjects, name) && !isFile(name));
if (unknown.length > 0) {
  console.error(`There is no subject, and no file of one: ${unknown.join(', ')}; see --help`);
  process.exit(2);
}
await install();
let failed = false;
for (const [name, subject] of Object.entries(subjects)) {
  const isWhole = named.length === 0 || named.includes(name);
  const mutate = isWhole ? subject.mutate : named.filter((path) => owns(subject, path));
  if (mutate.length === 0) continue;
  failed = !report(name, await mutants({ ...subject, mutate })) || failed;
}
process.exit(failed ? 1 : 0);

/** Whether a subject has this file. */
function isFile(path) {
  return existsSync(join(root, path)) && Object.values(subjects).some((each) => owns(each, path));
}

function owns({ mutate }, path) {
  return mutate.some((pattern) => dirname(path) === dirname(pattern));
}

/** Makes all changes, and runs the tests that reach each. */
function mutants({ mutate, tests }) {
  const sources = tests.map((test) => `test/driver/${test}.test.ts`);
  return new Stryker({
    mutate,
    testRunner: 'in-process',
    plugins: [join(root, 'scripts', 'mutation', 'mutation-runner.mjs')],
    buildCommand: `esbuild ${sources.join(' ')} --bundle --platform=node --target=node20 --packages=external --outbase=test --outdir=bundles --log-level=error`,
    // Else Stryker warns of `bundles`, an option that only mutation-runner.mjs knows.
    warnings: false,
    bundles: sources.map((path) => path.replace('test/', 'bundles/').replace('.ts', '.js')),
    coverageAnalysis: 'perTest',
    timeoutMS: TIMEOUT_MS,
    concurrency: Number(process.env.MUTATION_PROCESSES ?? 2),
    reporters: [process.stdout.isTTY ? 'progress' : 'progress-append-only'],
    ignorePatterns: ['/*', '!/driver', '!/simulator', '!/test', '!/tsconfig.json'],
    tempDirName: '.mutation',
    logLevel: 'warn',
    fileLogLevel: 'off',
    allowConsoleColors: false,
  }).runMutationTest();
}

/** Prints survivors and the score; returns whether that is good enough. */
function report(name, results) {
  const survivors = results.filter(
    ({ status }) => status === 'Survived' || status === 'NoCoverage',
  );
  const noticed = results.filter(({ status }) => status === 'Killed' || status === 'Timeout');
  for (const { fileName, location, replacement, mutatorName, status } of survivors) {
    const { line, column } = location.start;
    const untested = status === 'NoCoverage' ? ' (no test runs it)' : '';
    console.log(
      `${relative(root, fileName)}:${line}:${column} ${mutatorName}: ${replacement}${untested}`,
    );
  }
  const all = noticed.length + survivors.length;
  const score = (100 * noticed.length) / all;
  console.log(`${name}: ${score.toFixed(1)} % of ${all} changes noticed; the floor is ${FLOOR} %`);
  return score >= FLOOR;
}
