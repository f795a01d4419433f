import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DataChunk } from '../../../../driver/at/types';
import type { EspAtError } from '../../../../driver/errors';
import { MessageAssembler } from '../../../../driver/link/receive/message-assembler';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';

/** An assembler in virtual time, and what it tells in order. */
function rig(limit = 1000, onError: (code: string) => void = () => undefined) {
  const told: string[] = [];
  const clock = new VirtualClock();
  const tellError = ({ code, details }: EspAtError) => {
    told.push(`${code} ${JSON.stringify(details)}`);
    onError(code);
  };
  const assembler = new MessageAssembler(1, limit, clock, {
    message: (opcode, bytes) =>
      told.push(`${opcode === 1 ? 'text' : 'binary'} ${bytes.toString()}`),
    failed: tellError,
    unrecoverable: tellError,
  });
  /** Chunks as `opcode fin frame-length data`. */
  const push = (...chunks: string[]) => {
    for (const chunk of chunks) {
      const [opcode, fin, payloadLength, data = ''] = chunk.split(' ');
      const frame: DataChunk = {
        kind: 'data',
        link: 1,
        opcode: Number(opcode),
        fin: fin === '1',
        payloadLength: Number(payloadLength),
        bytes: Buffer.from(data),
      };
      assembler.push(frame);
    }
  };
  return { assembler, told, clock, push };
}

const LOST = 'DATA_LOST {"link":1}';
const STALLED = 'FRAME_STALLED {"link":1}';

/** What is told after steps: chunks, milliseconds without data, `lost` for data loss, `end` of the connection. */
type Row = readonly [told: string, ...steps: readonly (string | number)[]];

function rows(limit: number, cases: Readonly<Record<string, Row>>): void {
  for (const [title, [expected, ...steps]] of Object.entries(cases))
    it(title, async () => {
      const { assembler, told, clock, push } = rig(limit);
      for (const step of steps) {
        if (typeof step === 'number') await clock.advance(step);
        else if (step === 'lost') assembler.dataLost();
        else if (step === 'end') assembler.end();
        else push(step);
      }
      assert.equal(told.join(' | '), expected);
    });
}

const INCOMPLETE = 'MESSAGE_INCOMPLETE {"link":1,"length":3}';
const TOO_LARGE = 'MESSAGE_TOO_LARGE {"link":1,"limit":8}';

describe('the message assembler', () => {
  rows(1000, {
    'joins chunks to frames': ['binary abcdef', '2 1 6 abc', '2 1 6 def'],
    'joins frames to a message': ['text one,2,', '1 0 3 one', '0 0 3 ,2', '0 0 3 ,', '0 1 0 '],
    'tells an empty message': ['text ', '1 1 0 '],
    'detects a stall by an empty chunk in a frame': [STALLED, '1 1 5 he', '1 1 5 '],
    'detects a stall by an empty chunk that begins a frame': [STALLED, '1 1 5 '],
    'goes on behind it': [`${STALLED} | text hello`, '1 1 5 ', '1 1 5 hello'],
    'detects a stall after data loss in the frame': [STALLED, '1 1 5 he', 'lost', '1 1 5 '],
    'reports the incomplete message at the end of the connection': [INCOMPLETE, '1 0 3 abc', 'end'],
    'reports nothing at the end without one': ['', 'end'],
    'detects a new message in an incomplete one': [
      `${LOST} | binary new`,
      ...['1 0 3 abc', '2 1 3 new'],
    ],
    'detects another frame by the opcode of a chunk': [
      `${LOST} | ${INCOMPLETE}`,
      ...['2 0 6 abc', '1 0 6 abc', 'end'],
    ],
    'detects another frame by the fin of a chunk': [
      `${LOST} | ${INCOMPLETE}`,
      ...['2 0 6 abc', '2 1 6 abc', 'end'],
    ],
    'detects another frame by the length of a chunk': [
      `${LOST} | ${INCOMPLETE}`,
      ...['2 0 6 abc', '2 0 7 abc', 'end'],
    ],
    'detects bytes beyond a frame at once': [LOST, '1 1 9 abcdef', '1 1 9 ghijkl'],
    'reports them once': [LOST, '1 1 9 abcdef', '1 1 9 ghijkl', 'end'],
    'detects an empty last frame in a frame': [
      `${LOST} | text ok`,
      '1 0 9 abc',
      '0 1 0 ',
      '1 1 2 ok',
    ],
    'reports a continuation without beginning once': [
      LOST,
      ...['0 0 3 abc', '0 0 5 de', '0 0 5 fgh', '0 1 3 ijk'],
    ],
    'drops a continuation to its end': [`${LOST} | text ok`, '0 0 3 abc', '0 1 3 lmn', '1 1 2 ok'],
    'drops the continuations of a lost beginning': [
      'text ok',
      ...['1 0 3 abc', 'lost', '0 0 3 def', '0 1 3 ghi', '1 1 2 ok'],
    ],
    'drops a possible middle of a frame after data loss': [
      '',
      // The rest of that frame and the whole of the next look alike.
      ...['2 1 9 abc', 'lost', '2 1 9 ghi', '2 1 9 abc', '2 1 9 def', '2 1 9 ghi'],
    ],
    'accepts the second header after data loss, not the first': [
      'binary abcdefgh',
      ...['lost', '2 1 9 ghi', '2 1 8 abcd', '2 1 8 efgh'],
    ],
    'takes no 10.999 s without data for a boundary': [
      '',
      ...['lost', '2 1 6 abc', 10_999, '2 1 6 abc', '2 1 6 def'],
    ],
    'takes 11 s without data for a boundary': [
      'binary abcdef',
      ...['lost', '2 1 6 abc', 11_000, '2 1 6 abc', '2 1 6 def'],
    ],
    'counts the 11 s from the data loss on': [
      'binary ok',
      ...['2 1 2 ok', 60_000, 'lost', '2 1 9 def', '2 1 9 ghi', '2 1 9 abc'],
    ],
  });
  rows(8, {
    'accepts a message of the limit': ['text 12345678', '1 1 8 12345678'],
    'accepts fragments of the limit': ['text 12345678', '1 0 8 12345678', '0 1 0 '],
    'reports a message that is too large once': [TOO_LARGE, '1 0 9 123456789', '0 1 1 x', 'end'],
    'goes on behind one': [`${TOO_LARGE} | text ok`, '1 0 9 123456789', '0 1 1 x', '1 1 2 ok'],
    'takes a new message after its beginning': [
      `${TOO_LARGE} | binary new`,
      ...['1 0 9 123456789', '2 1 3 new'],
    ],
  });

  it('reports lost boundaries after more than 256 KiB without one, and again after as much', () => {
    const { push, told, assembler } = rig(1e9);
    assembler.dataLost();
    const piece = `2 1 50000 ${'x'.repeat(16_384)}`;
    for (let count = 0; count < 16; count++) push(piece);
    assert.deepEqual(told, []);
    push('2 1 50000 x');
    assert.deepEqual(told, [LOST]);
    for (let count = 0; count < 16; count++) push(piece);
    assert.deepEqual(told, [LOST]);
    push('2 1 50000 x');
    assert.deepEqual(told, [LOST, LOST]);
  });

  it('leaves no timer when an error that it reports ends the connection', () => {
    const end = () => assembler.end();
    const { assembler, told, clock, push } = rig(1000, end);
    assembler.dataLost();
    push(`1 1 999999 ${'x'.repeat(256 * 1024 + 1)}`);
    assert.deepEqual([told, clock.pending], [[LOST], 0]);
    const other = rig(1000, () => other.assembler.end());
    other.push('1 1 5 abc', '1 1 5 surplus');
    assert.deepEqual([other.told, other.clock.pending], [[LOST], 0]);
  });

  it('is empty between messages only, and not while a beginning is lost', () => {
    const { push, assembler } = rig();
    const steps: [string, boolean][] = [
      ['1 1 5 hello', true],
      ['1 0 5 he', false],
      ['1 0 5 llo', false],
      ['0 1 1 !', true],
      ['0 0 3 abc', false],
      ['0 1 1 !', true],
    ];
    assert.equal(assembler.isEmpty, true);
    for (const [chunk, isEmpty] of steps) {
      push(chunk);
      assert.equal(assembler.isEmpty, isEmpty, chunk);
    }
    assembler.dataLost();
    assert.equal(assembler.isEmpty, false);
  });
});
