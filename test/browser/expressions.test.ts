import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { isVariable } from '../../nodes/shared/checks/refusal';
import { near } from '../harness/near';
import { unchecked } from '../harness/refused';
import { placeRequest } from './harness/dialog-checks';
import { inEachEditor } from './harness/shared';

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

/** Fields that take an expression or a path, with the sources of their value. */
const fields = [
  ['ws-open', 'uri', ['jsonata', 'msg']],
  ['ws-send', 'timeout', ['jsonata', 'msg']],
  ['ws-close', 'reason', ['jsonata', 'msg']],
  ['ws-request', 'payload', ['jsonata', 'msg']],
  ['ws-request', 'condition', ['jsonata']],
] as const;

inEachEditor('dialog and runtime', (test, nodeRed) => {
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

  test('agree on any expression and any path in each field that takes one', async (editor) => {
    await placeRequest(editor);
    const rows = fields.flatMap(([type, field, sources]) =>
      sources.map((source) => ({ type, field, source })),
    );
    for (const { type, field, source } of rows) {
      const settings = { [`${field}Type`]: source, match: 'jsonata' };
      const texts = sample(source === 'jsonata' ? expressions : paths);
      const accepted = await editor.run(
        `const node = RED.nodes.node(args.id);
         const { validate } = node._def.defaults[args.field];
         return args.texts.filter((text) => {
           const own = { ...args.settings, [args.field]: text };
           return validate.call(Object.create(node, Object.getOwnPropertyDescriptors(own)), text, {}) === true;
         });`,
        { id: type === 'ws-request' ? type : editor.id(type), field, texts, settings },
      );
      const readable = texts.filter((text) => canRead(text, source));
      assert.deepEqual(accepted, readable, `${field} of ${type} from ${source}`);
      assert.ok(readable.length > 0 && readable.length < texts.length, `${readable.length}`);
    }
  });

  test('take a URI from an expression, and refuse text that is none', async (editor) => {
    const { page } = editor;
    const open = editor.id('ws-open');
    await editor.edit(open);
    await page.getByRole('button', { name: 'URI value source' }).click();
    await page.locator('.red-ui-typedInput-options:visible').getByText('expression').click();
    assert.equal(await page.locator('#node-input-uriType').inputValue(), 'jsonata');
    const uri = page.getByRole('textbox', { name: 'URI', exact: true });
    const wrong = page.locator('#node-input-uri.input-error');
    await editor.fill(uri, '$nothing(');
    await wrong.waitFor({ state: 'attached' });
    await editor.fill(uri, '"ws://echo." & "sim/"');
    await wrong.waitFor({ state: 'detached' });
    await editor.done();
    await editor.deploy();
    await editor.press(editor.id('inject', 'open'));
    await editor.status(open, 'echo.sim');
  });
});
