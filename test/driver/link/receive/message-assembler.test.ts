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

describe('the message assembler', () => {
  it('joins chunks to frames and frames to messages, text and binary apart', () => {
    const { push, told } = rig();
    push(
      '1 1 5 hello',
      '2 1 6 abc',
      '2 1 6 def',
      '1 0 3 one',
      '0 0 6 two',
      '0 0 6 ,2,',
      '0 1 0 ',
      '1 1 0 ',
    );
    assert.deepEqual(told, ['text hello', 'binary abcdef', 'text onetwo,2,', 'text ']);
  });

  it('treats an empty chunk of a frame with a length as a stalled frame', () => {
    const { push, told } = rig();
    push('1 1 5 ', '1 1 5 hello');
    assert.deepEqual(told, [STALLED, 'text hello']);
  });

  it('reports the incomplete message when the connection ends, and only then', () => {
    const { push, told, assembler } = rig();
    assembler.end();
    push('1 0 3 abc', '0 1 5 de');
    assembler.end();
    assert.deepEqual(told, ['MESSAGE_INCOMPLETE {"link":1,"length":5}']);
  });

  it('detects a message that begins before the previous one has ended', () => {
    const { push, told } = rig();
    push('1 0 3 abc', '2 1 3 new');
    assert.deepEqual(told, [LOST, 'binary new']);
  });

  it('accepts the second header as a beginning after data loss, not the first', () => {
    const { push, told, assembler } = rig();
    assembler.dataLost();
    push('2 1 9 ghi', '2 1 8 abcd', '2 1 8 efgh');
    assert.deepEqual(told, ['binary abcdefgh']);
  });

  it('treats 11 s without data as a message boundary, not less', async () => {
    for (const [ms, expected] of [
      [10_999, []],
      [11_000, ['binary abcdef']],
    ] as const) {
      const { push, told, assembler, clock } = rig();
      assembler.dataLost();
      push('2 1 6 abc');
      await clock.advance(ms);
      push('2 1 6 abc', '2 1 6 def');
      assert.deepEqual(told, expected, `${ms} ms`);
    }
  });

  it('measures the 11 s without data from the data loss when no data came since', async () => {
    const { push, told, assembler, clock } = rig();
    push('2 1 2 ok');
    await clock.advance(60_000);
    assembler.dataLost();
    push('2 1 9 def', '2 1 9 ghi', '2 1 9 abc');
    assert.deepEqual(told, ['binary ok']);
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

  it('accepts a message of exactly the limit', () => {
    const { push, told } = rig(8);
    push('1 1 8 12345678', '1 0 8 12345678', '0 1 0 ');
    assert.deepEqual(told, ['text 12345678', 'text 12345678']);
  });

  it('reports a continuation without a beginning once, and drops it up to its end', () => {
    const { push, told } = rig();
    push('0 0 3 abc', '0 0 5 de', '0 0 5 fgh', '0 1 3 ijk', '1 1 2 ok', '0 1 3 lmn', '1 1 2 ok');
    assert.deepEqual(told, [LOST, 'text ok', LOST, 'text ok']);
  });

  for (const [differs, next] of [
    ['opcode', '1 0 6 abc'],
    ['fin', '2 1 6 abc'],
    ['length', '2 0 7 abc'],
  ] as const)
    it(`takes a chunk whose ${differs} differs for the beginning of another frame`, () => {
      const { push, told, assembler } = rig();
      push('2 0 6 abc', next);
      assembler.end();
      assert.deepEqual(told, [LOST, 'MESSAGE_INCOMPLETE {"link":1,"length":3}']);
    });

  it('reports bytes beyond the length of a frame at once', () => {
    const { push, told, assembler } = rig();
    push('1 1 9 abcdef', '1 1 9 ghijkl');
    assert.deepEqual(told, [LOST]);
    assembler.end();
    assert.deepEqual(told, [LOST]);
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
