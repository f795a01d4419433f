import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { abridge, escape, unescape } from './escapes';
import { expand, fits, lengthOf, parsePattern } from './pattern';

describe('escapes', () => {
  test('every byte comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        assert.deepEqual([...unescape(escape(Buffer.from(bytes)))], [...bytes]);
      }),
    );
  });

  test('a backslash before anything else stands for itself', () => {
    assert.equal(unescape('a\\qb\\').toString(), 'a\\qb\\');
    assert.equal(unescape('\\\\x41\\x41').toString(), '\\x41A');
  });
});

describe('bytes with the middle left out', () => {
  const text = 'abc …[10 bytes]… \\r\\n';

  test('are compared by length, head and tail', () => {
    const pattern = parsePattern(text);
    assert.equal(lengthOf(pattern), 10);
    assert.ok(fits(pattern, Buffer.from('abc12345\r\n')));
    assert.ok(!fits(pattern, Buffer.from('abd12345\r\n')));
    assert.ok(!fits(pattern, Buffer.from('abc12345\n\n')));
    assert.ok(!fits(pattern, Buffer.from('abc123456\r\n')));
  });

  test('are what an abridged text stands for', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 400, maxLength: 900 }), (array) => {
        const bytes = Buffer.from(array);
        const pattern = parsePattern(abridge(bytes));
        assert.ok(fits(pattern, bytes));
        bytes[0] = (bytes[0] ?? 0) ^ 1;
        assert.ok(!fits(pattern, bytes));
      }),
    );
  });

  test('may be cut through an escape', () => {
    const bytes = Buffer.concat([
      Buffer.from('ab\xff', 'latin1'),
      Buffer.alloc(10),
      Buffer.from('\xffcd', 'latin1'),
    ]);
    assert.ok(fits(parsePattern('ab\\xf …[16 bytes]… fcd'), bytes));
  });

  test('go on as they repeat themselves', () => {
    const expanded = (pattern: string): string | undefined =>
      expand(parsePattern(pattern))?.toString('latin1');
    const alphabet = 'abcdefghijklmnopqrstuvwxyz'.repeat(3);
    assert.equal(expanded(`${alphabet} …[100 bytes]… qrstuv`)?.slice(78), 'abcdefghijklmnopqrstuv');
    assert.equal(expanded('xxxx …[12 bytes]… xxxx'), 'x'.repeat(12));
    assert.equal(
      expanded('AT+WSOPEN=0,"ws://h/aaaa …[40 bytes]… aaaa"\\r\\n'),
      `AT+WSOPEN=0,"ws://h/${'a'.repeat(17)}"\r\n`,
    );
    assert.equal(expanded('q8Wz …[12 bytes]… p0'), undefined);
  });
});
