// A test runner for Stryker that runs files of node:test in its own process: a change is tested in milliseconds,
// not in the second that a process takes to start. mutation.mjs bundles each test file into one script.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { Script } from 'node:vm';
import { INSTRUMENTER_CONSTANTS } from '@stryker-mutator/api/core';
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  DryRunStatus,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';

/** Milliseconds between two looks at whether a test can still go on. */
const LOOK_MS = 20;

/** Shared with the changed code: the active change, and what each test has reached. */
const shared = (globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {});

/** A test file. Its tests are new objects after each load. */
class Bundle {
  #script;
  #require;
  tests = [];

  constructor(path) {
    this.path = path;
    const body = `(function (require, module, exports) {${readFileSync(path, 'utf8')}\n})`;
    this.#script = new Script(body, { filename: path });
    this.#require = createRequire(resolve(path));
  }

  load() {
    this.tests = [];
    const names = [];
    const describe = (name, ...rest) => {
      names.push(name);
      rest.at(-1)();
      names.pop();
    };
    const it = (name, ...rest) => {
      const id = `${this.path}: ${[...names, name].join(' > ')} (${this.tests.length})`;
      this.tests.push({ id, run: rest.at(-1), bundle: this });
    };
    const nodeTest = { describe, it };
    const load = (name) => (name === 'node:test' ? nodeTest : this.#require(name));
    const module = { exports: {} };
    this.#script.runInThisContext()(load, module, module.exports);
  }
}

class InProcessRunner {
  static inject = tokens(commonTokens.options);
  #paths;
  #bundles = [];
  /** Takes the errors that no promise reports. */
  #thrown = () => undefined;

  constructor(options) {
    this.#paths = options.bundles;
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  /** Stryker calls it in each process: a change that loops for ever costs one. */
  init() {
    this.#bundles = this.#paths.map((path) => new Bundle(path));
    for (const bundle of this.#bundles) bundle.load();
    for (const event of ['uncaughtException', 'unhandledRejection'])
      process.on(event, (error) => this.#thrown(error));
  }

  async dryRun() {
    const tests = await this.#run(() => true, false);
    return { status: DryRunStatus.Complete, tests, mutantCoverage: shared.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation, reloadEnvironment }) {
    // Stryker allows 100 times the hits of the first run; 10 times end a loop sooner.
    const limit = hitLimit && Math.ceil(hitLimit / 10);
    shared.hitLimit = limit;
    shared.hitCount = limit === undefined ? undefined : 0;
    shared.activeMutant = mutantActivation === 'static' ? activeMutant.id : undefined;
    let tests;
    try {
      if (reloadEnvironment) for (const bundle of this.#bundles) bundle.load();
      shared.activeMutant = activeMutant.id;
      const chosen = testFilter && new Set(testFilter);
      tests = await this.#run(({ id }) => chosen?.has(id) ?? true, true);
    } catch (error) {
      // A test file that does not load.
      tests = [result({ id: 'load' }, error)];
    }
    shared.activeMutant = undefined;
    // What a failed test leaves behind must not reach the next one.
    if (reloadEnvironment) for (const bundle of this.#bundles) bundle.load();
    return (
      determineHitLimitReached(shared.hitCount, limit) ??
      toMutantRunResult({ status: DryRunStatus.Complete, tests })
    );
  }

  /** Runs tests; with `bail` up to the first failure. */
  async #run(isChosen, bail) {
    const results = [];
    for (const bundle of this.#bundles) {
      for (const test of bundle.tests.filter(isChosen)) {
        shared.currentTestId = test.id;
        const error = await this.#failure(test);
        shared.currentTestId = undefined;
        results.push(result(test, error));
        if (error === undefined) continue;
        if (bail) {
          shared.activeMutant = undefined;
          bundle.load();
          return results;
        }
      }
    }
    return results;
  }

  /** Why a test fails; undefined when it does not. */
  async #failure({ run }) {
    let watch;
    const hopeless = new Promise((_, reject) => {
      this.#thrown = reject;
      const before = process.getActiveResourcesInfo().length;
      let quiet = 0;
      watch = setInterval(() => {
        // Nothing under way twice: no event can settle the test any more.
        quiet = process.getActiveResourcesInfo().length <= before ? quiet + 1 : 0;
        if (quiet > 1) reject(new Error('never settles'));
      }, LOOK_MS).unref();
    });
    try {
      await Promise.race([run({}), hopeless]);
      return undefined;
    } catch (error) {
      return error ?? new Error('failed');
    } finally {
      clearInterval(watch);
    }
  }
}

function result({ id }, error) {
  const common = { id, name: id, timeSpentMs: 0 };
  return error === undefined
    ? { ...common, status: TestStatus.Success }
    : { ...common, status: TestStatus.Failed, failureMessage: String(error) };
}

export const strykerPlugins = [
  declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner),
];
