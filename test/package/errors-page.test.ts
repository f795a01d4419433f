import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { doctorCodes, finding, findingInWords } from '../../driver/doctor/findings';
import { errorCodes } from '../../driver/errors';
import { nodeErrorCodes } from '../../nodes/shared/errors/node-error';
import { asObject, asText, object, text } from './project';

describe('docs/errors.md', () => {
  const rows = [...text('docs/errors.md').matchAll(/^\| `([A-Z_]+)` \| (.*) \|$/gm)].map(
    ([, code, sentence]) => ({ code, sentence }),
  );

  it('lists every code with the sentence that a flow gets, first those of the driver', () => {
    const sentences = asObject(object('locales/en-US/shared.json').errors, 'errors');
    const known = [...errorCodes, ...nodeErrorCodes].map((code) => ({
      code,
      sentence: asText(sentences[code], code)
        .replaceAll('>', '&gt;')
        .replace(/__(\w+?)__/g, '&lt;$1&gt;'),
    }));
    assert.deepEqual(rows, known);
  });
});

describe('docs/doctor.md', () => {
  const rows = [...text('docs/doctor.md').matchAll(/^\| `([A-Z_]+)` \| (.*) \|$/gm)].map(
    ([, code, sentence]) => ({ code, sentence }),
  );
  const values = (said: string) => [...said.matchAll(/__(\w+?)__/g)].map(([, name]) => name).sort();

  it('lists every finding with its sentence, which both catalogs have with the same values', () => {
    const catalogs = ['en-US', 'zh-CN'].map((language) =>
      asObject(object(`locales/${language}/shared.json`).doctor, 'doctor'),
    );
    const known = doctorCodes.map((code) => {
      const [english = '', chinese = ''] = catalogs.map((catalog) => asText(catalog[code], code));
      assert.deepEqual(values(chinese), values(english), code);
      const details: Record<string, string> = {};
      for (const name of values(english)) details[String(name)] = `<${name}>`;
      const said = findingInWords(finding(code, details));
      assert.equal(english.replace(/__(\w+?)__/g, '<$1>'), said);
      return { code, sentence: said.replace(/<(\w+)>/g, '&lt;$1&gt;') };
    });
    assert.deepEqual(rows, known);
  });
});
