import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError, errorCodes, type ErrorDetails } from '../../driver/errors';
import { text } from './project';

/** Puts `<name>` where a sentence has a value. */
const names: ErrorDetails = new Proxy<Record<string, string>>(
  {},
  { get: (_, name) => `<${String(name)}>` },
);

describe('docs/errors.md', () => {
  const rows = [...text('docs/errors.md').matchAll(/^\| `([A-Z_]+)` \| (.*) \|$/gm)].map(
    ([, code, sentence]) => ({ code, sentence }),
  );

  it('lists every code with its sentence, in the order of the driver', () => {
    const known = errorCodes.map((code) => ({
      code,
      sentence: new EspAtError(code, names).message.replaceAll('>', '&gt;').replaceAll('<', '&lt;'),
    }));
    // The menu path in NO_WEBSOCKET has > in it, too.
    assert.deepEqual(rows, known);
  });
});
