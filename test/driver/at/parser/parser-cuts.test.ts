import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Frame } from '../../../../driver/at/types';
import { PARSER_BUFFER_LIMIT_BYTES } from '../../../../driver/at/parser/parser';
import { reading, SHORT } from '../../../harness/at/parser-reading';

const line = (text: string): Frame => ({ kind: 'line', text });

describe('an unfinished frame', () => {
  it('is garbled by bytes outside ASCII, except in information responses and data', () => {
    for (const [text, expected] of [
      ['', false],
      ['OK', false],
      ['O\x7f', false],
      ['O\x80', true],
      ['\xffOK', true],
      ['O\0K', true],
      ['+CWJAP:"caf\xc3\xa9', false],
      ['+WS_DATA:0,5,\xff', false],
      ['+WS_DATA:x\xff', false],
      ['\xff\r\nO', false],
    ] as const) {
      const { parser } = reading();
      parser.push(Buffer.from(text, 'latin1'));
      assert.equal(parser.garbled, expected, JSON.stringify(text));
    }
  });

  it('takes up the memory of a line and of a chunk of data, and none once it is complete', () => {
    const { parser } = reading();
    const held = (text: string) => {
      parser.push(Buffer.from(text));
      return parser.held;
    };
    assert.equal(held('AT+W'), 4);
    assert.equal(held('+WS_DATA:0,9,one'), 4 + 9);
    assert.equal(held('two'), 4 + 9);
    assert.equal(held('six\r\n'), 4);
    assert.equal(held('SOPEN?\r\n'), 0);
    assert.equal(held('+WS_DATA:0,9,whole one'), 0);
    parser.reset();
    assert.equal(held(`+WS_DATA:0,16384,x`), 16_384);
    assert.equal(PARSER_BUFFER_LIMIT_BYTES, 2048 + 2 + 16_384);
  });

  it('is counted with its line end, its header, and the end of its data', () => {
    const { parser } = reading();
    const counts = ['OK', '\r\n', '\r\n', '+WS_DATA:', '0,2,hi\r\n'].map((text) => {
      parser.push(Buffer.from(text));
      return parser.frameCount;
    });
    assert.deepEqual(counts, [0, 1, 2, 3, 4]);
  });
});

it('handlers may call push and reset: pushed bytes are parsed in order', () => {
  const { parser, frames } = reading(SHORT, (frame) => {
    if (frame.kind === 'line' && frame.text === 'one') parser.push(Buffer.from('three\r\n'));
  });
  parser.push(Buffer.from('one\r\ntwo\r\n'));
  assert.deepEqual(frames, [line('one'), line('two'), line('three')]);
});
