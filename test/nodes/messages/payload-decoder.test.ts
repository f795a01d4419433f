import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PayloadDecoder, type PayloadFormat } from '../../../nodes/shared/message/payload-decoder';

/** The payloads of pieces from firmware without message boundaries, and of the rest at the end. */
function payloads(format: PayloadFormat, ...pieces: readonly Buffer[]): unknown[] {
  const decoder = new PayloadDecoder(format, 'chunk');
  const found = pieces.map((bytes) =>
    decoder.payload({ link: 0, uri: 'ws://host/', owner: undefined, opcode: undefined, bytes }),
  );
  return [...found, decoder.end()];
}

const EURO = Buffer.from('€');

describe('a piece of a message', () => {
  it('that ends in the middle of a character leaves its bytes for the next piece', () => {
    const pieces = [Buffer.concat([Buffer.from('a'), EURO.subarray(0, 2)]), EURO.subarray(2)];
    assert.deepEqual(payloads('auto', ...pieces), ['a', '€', undefined]);
    assert.deepEqual(payloads('string', ...pieces), ['a', '€', undefined]);
  });

  it('that is no text comes whole, and none of its bytes come again', () => {
    const piece = Buffer.from([0xff, 0x61, 0xe2, 0x82]);
    assert.deepEqual(payloads('auto', piece, Buffer.from('b')), [piece, 'b', undefined]);
    assert.deepEqual(payloads('auto', piece), [piece, undefined]);
  });

  it('that is part of a character at the end comes as bytes', () => {
    assert.deepEqual(payloads('auto', EURO.subarray(0, 2)), [undefined, EURO.subarray(0, 2)]);
  });
});

describe('a text message of class D', () => {
  it('that is not valid UTF-8 comes as it is, as bytes', () => {
    const bytes = Buffer.from([0x61, 0xc3, 0x28]);
    const decoder = new PayloadDecoder('auto', 'chunk');
    const message = { link: 0, uri: 'ws://host/', owner: undefined, opcode: 1, bytes } as const;
    assert.deepEqual(decoder.payload(message), bytes);
    assert.equal(decoder.payload({ ...message, bytes: Buffer.from('ä') }), 'ä');
  });
});

describe('JSON', () => {
  it('that is not valid UTF-8 is refused, as its text would change', () => {
    const decoder = new PayloadDecoder('json', 'chunk');
    const message = { link: 0, uri: 'ws://host/', owner: undefined, opcode: 1 } as const;
    assert.deepEqual(decoder.payload({ ...message, bytes: Buffer.from('{"a":"ä"}') }), { a: 'ä' });
    const bytes = Buffer.from('{"a":"ä"}', 'latin1');
    assert.throws(() => decoder.payload({ ...message, bytes }), { code: 'NOT_JSON' });
  });
});
