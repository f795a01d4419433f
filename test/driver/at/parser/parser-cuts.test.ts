import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Frame } from '../../../../driver/at/types';
import { PARSER_BUFFER_LIMIT_BYTES } from '../../../../driver/at/parser/parser';
import type { Formats } from '../../../harness/at/device-speech';
import { reading, SHORT } from '../../../harness/at/parser-reading';

const line = (text: string): Frame => ({ kind: 'line', text });

describe('the same bytes', () => {
  const long = 'y'.repeat(200);
  const speech = [
    'AT+WS+WS_DATA:0,1,0,300,4,nois\r\nOPEN?\r\n',
    `\xff\r\n+WS_DATA:1,12,hello\r\nworld\r\n+WS_DATA:2,0,\r\nxx+WS_DATA:2,200,${long}\r\n`,
    '\r\n+WSOPEN:0,2,"+WS_DATA:0,5,"\r\n\r\nOK\r\n>',
    `${'z'.repeat(2100)}\r\n+WS_DATA:1,3,hello+WS_DATA:1,2,hi\r\n+WS_DATA:0,x\r\nOK\r\n`,
  ].join('');
  const formats: Formats = ['long', 'short', 'short'];
  const whole = read([speech]);

  function read(pieces: readonly string[]): Frame[] {
    const { parser, frames } = reading(formats);
    for (const piece of pieces) parser.push(Buffer.from(piece, 'latin1'));
    return frames;
  }

  it('give the frames that the device meant', () => {
    assert.deepEqual(
      whole.map((frame) => (frame.kind === 'data' ? frame.bytes.toString() : Object.values(frame))),
      [
        'nois',
        ['line', 'AT+WSOPEN?'],
        ['line', '\xff'],
        'hello\r\nworld',
        '',
        long,
        ['line', 'xx'],
        ['line', '+WSOPEN:0,2,"+WS_DATA:0,5,"'],
        ['line', 'OK'],
        ['garbage'],
        ['garbage'],
        'hi',
        ['garbage'],
        ['line', 'OK'],
      ],
    );
  });

  for (const size of [1, 2, 3, 5, 7, 11, 60, 150])
    it(`give the same frames when the port cuts them after every ${size}`, () => {
      const pieces = speech.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      assert.deepEqual(read(pieces), whole);
    });
});

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

describe('handlers', () => {
  it('may call push and reset: pushed bytes are parsed in order', () => {
    const { parser, frames } = reading(SHORT, (frame) => {
      if (frame.kind === 'line' && frame.text === 'one') parser.push(Buffer.from('three\r\n'));
    });
    parser.push(Buffer.from('one\r\ntwo\r\n'));
    assert.deepEqual(frames, [line('one'), line('two'), line('three')]);
  });
});
