import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorCodes } from '../../driver/errors';
import { asObject, asText, object, text } from './project';

describe('docs/errors.md', () => {
  const rows = [...text('docs/errors.md').matchAll(/^\| `([A-Z_]+)` \| (.*) \|$/gm)].map(
    ([, code, sentence]) => ({ code, sentence }),
  );

  it('lists every code with the sentence that a flow gets, in the order of the driver', () => {
    const sentences = asObject(object('locales/en-US/shared.json').errors, 'errors');
    const known = errorCodes.map((code) => ({
      code,
      sentence: asText(sentences[code], code)
        .replaceAll('>', '&gt;')
        .replace(/__(\w+?)__/g, '&lt;$1&gt;'),
    }));
    assert.deepEqual(rows, known);
  });
});
