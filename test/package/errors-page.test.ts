import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { doctorCodes, finding, findingInWords } from '../../driver/doctor/findings';
import { EspAtError, errorCodes } from '../../driver/errors';
import { nodeErrorCodes } from '../../nodes/shared/errors/node-error';
import { driverOnly } from '../harness/editor/driver-only';
import { unchecked } from '../harness/refused';
import { asObject, asText, object, text } from './project';

/** Has a value for each name. */
const anyDetails = unchecked(new Proxy({}, { get: (_, name) => `<${String(name)}>` }));
const escaped = (sentence: string) => sentence.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
/** The codes in a page's table, with their sentences. */
const rowsOf = (page: string) =>
  [...text(page).matchAll(/^\| `([A-Z_]+)` \| (.*) \|$/gm)].map(([, code, sentence]) => ({
    code,
    sentence,
  }));

describe('docs/errors.md', () => {
  it('lists every code with the sentence that a flow gets; last those that only programs get', () => {
    const sentences = asObject(object('locales/en-US/shared.json').errors, 'errors');
    const isDriverOnly = (code: string) => driverOnly.has(code);
    const inFlows = errorCodes.filter((code) => !isDriverOnly(code));
    const codes = [...inFlows, ...nodeErrorCodes, ...errorCodes.filter(isDriverOnly)];
    const known = codes.map((code) => ({
      code,
      sentence: isDriverOnly(code)
        ? escaped(new EspAtError(unchecked(code), anyDetails).message)
        : escaped(asText(sentences[code], code).replace(/__(\w+?)__/g, '<$1>')),
    }));
    assert.deepEqual(rowsOf('docs/errors.md'), known);
  });
});

describe('docs/doctor.md', () => {
  const values = (said: string) => [...said.matchAll(/__(\w+?)__/g)].map(([, name]) => name).sort();

  it('lists every finding with its sentence, which both catalogs have where a dialog shows it', () => {
    const catalogs = ['en-US', 'zh-CN'].map((language) =>
      asObject(object(`locales/${language}/shared.json`).doctor, 'doctor'),
    );
    const shown = doctorCodes.filter((code) => !driverOnly.has(code));
    for (const catalog of catalogs) assert.deepEqual(Object.keys(catalog), shown);
    const known = doctorCodes.map((code) => {
      const said = findingInWords(finding(code, anyDetails));
      if (driverOnly.has(code)) return { code, sentence: escaped(said) };
      const [english = '', chinese = ''] = catalogs.map((catalog) => asText(catalog[code], code));
      assert.deepEqual(values(chinese), values(english), code);
      assert.equal(english.replace(/__(\w+?)__/g, '<$1>'), said);
      return { code, sentence: escaped(said) };
    });
    assert.deepEqual(rowsOf('docs/doctor.md'), known);
  });
});
