import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import type { NodeRedMajor } from '../../start/demo';
import type { Editor, Locale } from './editor';
import { noBrowser, Workbench, type BenchOptions } from './workbench';

const only = (['4', '5'] as const).filter((major) => major === process.env.ONLY_NODE_RED);

/** The Node-REDs that this process tests. */
export const majors: readonly NodeRedMajor[] = only.length > 0 ? only : ['4', '5'];

const benches = new Map<NodeRedMajor, Promise<Workbench>>();

/** The workbench of all tests of this process with a Node-RED: it takes many seconds to start. */
export function sharedBench(nodeRed: NodeRedMajor): Promise<Workbench> {
  const bench = benches.get(nodeRed) ?? Workbench.start({ nodeRed });
  benches.set(nodeRed, bench);
  return bench;
}

after(() => Promise.all([...benches.values()].map(async (bench) => (await bench).dispose())));

interface EditorTestOptions extends BenchOptions {
  /** Whether the test makes the page complain; default: a complaint fails it. */
  readonly complains?: boolean;
}

/** Gets the editor as a user finds it. */
type EditorTest = (editor: Editor, bench: Workbench, context: TestContext) => Promise<void>;

type DefineTest = (title: string, ...rest: [EditorTest] | [EditorTestOptions, EditorTest]) => void;

type Define = (test: DefineTest, nodeRed: NodeRedMajor) => void;
type Locales = Readonly<Partial<Record<NodeRedMajor, Locale>>>;

/**
 * Defines the same tests for the editor of each Node-RED that this process tests, by default in English; or in the language
 * of each Node-RED.
 */
export function inEachEditor(title: string, ...rest: [Define] | [Locales, Define]): void {
  const [locales, define]: [Locales, Define] = rest.length === 1 ? [{}, rest[0]] : rest;
  for (const nodeRed of majors)
    describe(`${title}, Node-RED ${nodeRed}`, { skip: noBrowser }, () => {
      define((name, ...more) => {
        const [own, test] = more.length === 1 ? [{}, more[0]] : more;
        const options: EditorTestOptions = { locale: locales[nodeRed], ...own };
        it(name, async (context) => {
          const bench = await sharedBench(nodeRed);
          const editor = await bench.editor(options);
          await test(editor, bench, context);
          if (!options.complains) assert.deepEqual(editor.complaints, []);
        });
      }, nodeRed);
    });
}
