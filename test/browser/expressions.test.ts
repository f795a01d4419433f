import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { isVariable } from '../../nodes/shared/checks/refusal';
import { near } from '../harness/near';
import { unchecked } from '../harness/refused';
import { idOf } from '../start/demo';
import { placeRequest } from './harness/dialog-checks';
import type { Editor } from './harness/editor';
import { majors, sharedBench } from './harness/shared';
import { noBrowser, type Workbench } from './harness/workbench';

const COUNT = 400;

const expressions = near(
  '$sum(payload.items)',
  '"ws://" & host & "/"',
  'payload[0].a',
  '$nothing(',
  'reply.payload.seq = request.payload.seq',
  '(',
  '/a/',
  '',
);
const paths = near('payload.uri', 'a[0].b', "a['b c']", 'payload[msg.topic]', 'a..b', 'a[', '');

/** Without environment variables, which only the runtime knows. */
const sample = (values: fc.Arbitrary<string>) =>
  fc.sample(values, COUNT).filter((text) => !isVariable(text));

/** Fields that take an expression or a path, with the settings that make them do so. */
const fields = [
  ['ws-open', 'uri'],
  ['ws-send', 'timeout'],
  ['ws-close', 'reason'],
  ['ws-request', 'payload'],
] as const;

for (const nodeRed of majors) {
  const release = nodeRed === '4' ? 'node-red' : 'node-red-5';
  const load = createRequire(createRequire(__filename).resolve(`${release}/package.json`));
  const { util } = load('@node-red/util') as typeof import('@node-red/util');

  /** Whether the runtime can read a value from this source. */
  const canRead = (text: string, source: 'jsonata' | 'msg') => {
    try {
      if (text.trim() === '') return false;
      if (source === 'jsonata') util.prepareJSONataExpression(text, unchecked({}));
      // Without a message: a path may name a property that a message lacks.
      else util.normalisePropertyExpression(text, unchecked(undefined), false);
      return true;
    } catch {
      return false;
    }
  };

  describe(`dialog and runtime of Node-RED ${nodeRed}`, { skip: noBrowser }, () => {
    let bench: Workbench;
    let editor: Editor;
    before(async () => {
      bench = await sharedBench(nodeRed);
      editor = await bench.editor();
      await placeRequest(editor, bench.flows);
    });

    /** The texts that the dialog accepts. */
    const verdicts = async (
      type: string,
      field: string,
      texts: readonly string[],
      settings: object,
    ) => {
      const accepted = await editor.run(
        `const node = RED.nodes.node(args.id);
         const { validate } = node._def.defaults[args.field];
         return args.texts.filter((text) => {
           const own = { ...args.settings, [args.field]: text };
           return validate.call(Object.create(node, Object.getOwnPropertyDescriptors(own)), text, {}) === true;
         });`,
        { id: type === 'ws-request' ? type : idOf(bench.flows, type), field, texts, settings },
      );
      assert.ok(Array.isArray(accepted));
      assert.ok(accepted.length > 0 && accepted.length < texts.length, `${accepted.length}`);
      return new Set<unknown>(accepted);
    };

    for (const [type, field] of fields) {
      for (const source of ['jsonata', 'msg'] as const) {
        it(`agree on any ${field} of ${type} from ${source}`, async () => {
          const texts = sample(source === 'jsonata' ? expressions : paths);
          const accepted = await verdicts(type, field, texts, { [`${field}Type`]: source });
          assert.deepEqual(
            texts.filter((text) => accepted.has(text) !== canRead(text, source)),
            [],
          );
        });
      }
    }

    it('agree on any condition of ws-request', async () => {
      const texts = sample(expressions);
      const accepted = await verdicts('ws-request', 'condition', texts, { match: 'jsonata' });
      assert.deepEqual(
        texts.filter((text) => accepted.has(text) !== canRead(text, 'jsonata')),
        [],
      );
    });

    it('take a URI from an expression, and refuse text that is none', async () => {
      editor = await bench.editor();
      const { page } = editor;
      const open = idOf(bench.flows, 'ws-open');
      await editor.edit(open);
      await page.getByRole('button', { name: 'URI value source' }).click();
      await page.locator('.red-ui-typedInput-options:visible').getByText('expression').click();
      assert.equal(await page.locator('#node-input-uriType').inputValue(), 'jsonata');
      const uri = page.getByRole('textbox', { name: 'URI', exact: true });
      const wrong = page.locator('#node-input-uri.input-error');
      await uri.fill('$nothing(');
      await uri.blur();
      await wrong.waitFor({ state: 'attached' });
      await uri.fill('"ws://echo." & "sim/"');
      await uri.blur();
      await wrong.waitFor({ state: 'detached' });
      await editor.picture(`ws-open-expression-${nodeRed}`);
      await editor.done();
      await editor.deploy();
      await editor.press(idOf(bench.flows, 'inject', 'open'));
      await editor.status(open, 'echo.sim');
      assert.deepEqual(editor.complaints, []);
    });
  });
}
