import { NodeRed } from '../../harness/nodes/node-red';
import { optionsOf, orMisuse, wholeNumber } from '../../harness/options/options';
import { allCases, caseNamed, nameOf, type Case } from './cases';
import { runCase, type Result } from './run-case';

const usage = `npm run deployments -- [options]

Deploys every change of a flow in every way at every step of a link. Prints every problem with its case.

  --case NAME     only this case, as a problem names it; may be repeated
  --match TEXT    only cases whose name contains this; may be repeated, a case must contain all
  --stride N      only every Nth case (default 1)
  --node-red-5    on Node-RED 5.0 instead of 4.1

The exit code is 1 after a problem, and when nothing ran.`;

const { values } = optionsOf(usage, {
  case: { type: 'string', multiple: true },
  match: { type: 'string', multiple: true, default: [] },
  stride: { type: 'string', default: '1' },
  'node-red-5': { type: 'boolean', default: false },
});
const stride = wholeNumber('stride', values.stride, 1);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const began = Date.now();
  const nodeRed = new NodeRed(require.resolve(values['node-red-5'] ? 'node-red-5' : 'node-red'));
  const cases = (orMisuse(() => values.case?.map(caseNamed)) ?? allCases())
    .filter((each) => values.match.every((text) => `:${nameOf(each)}:`.includes(text)))
    .filter((_, index) => index % stride === 0);
  const failed: [Case, Result][] = [];
  let slowestMs = 0;
  let slowest = '';
  for (const each of cases) {
    const result = await runCase(nodeRed, each);
    if (result.problems.length > 0) {
      failed.push([each, result]);
      print(`\n--case ${nameOf(each)}\n  ${result.problems.join('\n  ')}`);
    } else if (result.agreedAfterMs > slowestMs) {
      slowestMs = result.agreedAfterMs;
      slowest = nameOf(each);
    }
  }
  const seconds = Math.round((Date.now() - began) / 1000);
  print(`\n${cases.length} deployments in ${seconds} s, ${failed.length} with problems`);
  if (failed.length < cases.length)
    print(`the others agreed after ${(slowestMs / 1000).toFixed(1)} s at the latest ${slowest}`);
  process.exitCode = failed.length === 0 && cases.length > 0 ? 0 : 1;
}

void main();
