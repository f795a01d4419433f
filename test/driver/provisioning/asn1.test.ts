import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  Asn1Error,
  integerOf,
  objectIdOf,
  octetsOf,
  part,
  readAsn1,
} from '../../../driver/provisioning/asn1';

const read = (hex: string) => readAsn1(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

describe('readAsn1()', () => {
  it('a length in one byte, in several, and an indefinite one: the same values', () => {
    const values = '0401aa 020108';
    for (const bytes of [`3006 ${values}`, `3082 0006 ${values}`, `3080 ${values} 0000`]) {
      const sequence = read(bytes);
      assert.equal(octetsOf(part(sequence, 0)).toString('hex'), 'aa');
      assert.equal(integerOf(part(sequence, 1)), 8);
      assert.equal(sequence.values.length, 2);
    }
  });

  it('an OCTET STRING in pieces, of indefinite length within another: joined', () => {
    const outer = read('3080 2480 0402 0102 0401 03 0000 020105 0000');
    assert.equal(octetsOf(part(outer, 0)).toString('hex'), '010203');
    assert.equal(integerOf(part(outer, 1)), 5);
  });

  it('object identifiers: as numbers with dots', () => {
    assert.equal(objectIdOf(read('0609 2a864886f70d010701')), '1.2.840.113549.1.7.1');
    assert.equal(objectIdOf(read('0609 60864801650304012a')), '2.16.840.1.101.3.4.1.42');
  });

  for (const [what, bytes] of [
    ['nothing', ''],
    ['a tag alone', '30'],
    ['a length beyond the end', '3005 0401'],
    ['a length of five bytes', '3085 0000000001 00'],
    ['an indefinite length without an end', '3080 0401aa'],
    ['an indefinite length of a primitive value', '0480 0000'],
    ['a tag of several bytes', '3f8101 00'],
    ['values within values without end', '3080'.repeat(5000)],
  ] as const) {
    it(`${what}: refused`, () => {
      assert.throws(() => read(bytes), Asn1Error);
    });
  }
});
