import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { quote } from '../../../driver/commands/build';
import { EspAtError } from '../../../driver/errors';
import { anyText } from '../../harness/any-text';
import { parseCommandLine } from '../../harness/at/command-line';

describe('quoting a string parameter', () => {
  it('escapes exactly the characters that the firmware unescapes', () => {
    assert.equal(quote('my,net"\\'), '"my\\,net\\"\\\\"');
    assert.equal(quote(''), '""');
    assert.equal(quote("plain text, 'quoted'; #1"), '"plain text\\, \'quoted\'; #1"');
  });

  it('writes UTF-8, one character a byte', () => {
    assert.equal(quote('é€'), '"\xc3\xa9\xe2\x82\xac"');
  });

  it('refuses characters that would end, shorten or corrupt the command line', () => {
    for (const text of [
      ...['\r', '\n', 'a\r\nAT+RST\r\n', '\0', '\x1b[2J', '\x7f', '\x85', '\ud800', 'a\udc00b'],
    ]) {
      assert.throws(
        () => quote(text),
        (error: unknown) => error instanceof EspAtError && error.code === 'INVALID_COMMAND',
        JSON.stringify(text),
      );
    }
  });

  it('preserves any text, or refuses it', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        let quoted: string;
        try {
          quoted = quote(text);
        } catch (error) {
          assert.ok(error instanceof EspAtError);
          return;
        }
        fc.pre(quoted.length < 240);
        assert.deepEqual(parseCommandLine(`AT+X=${quoted}`).values, [
          Buffer.from(text).toString('latin1'),
        ]);
      }),
      { numRuns: 2000 },
    );
  });
});
