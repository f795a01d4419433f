import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DataFrame } from '../../../../driver/at/types';
import { MessageAssembler } from '../../../../driver/link/receive/message-assembler';

/** An assembler with a clock that a test sets, and its events in order. */
function rig(limit = 1000) {
  const told: string[] = [];
  const time = { now: 0 };
  const assembler = new MessageAssembler(1, limit, () => time.now, {
    message: (opcode, bytes) =>
      told.push(`${opcode === 1 ? 'text' : 'binary'} ${bytes.toString()}`),
    failed: (error) => told.push(error.code),
    unrecoverable: (error) => told.push(`unrecoverable ${error.code}`),
  });
  /** Chunks as `opcode fin frame-length data`. */
  const push = (...chunks: string[]) => {
    for (const chunk of chunks) {
      const [opcode, fin, payloadLength, data = ''] = chunk.split(' ');
      const frame: DataFrame = {
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
  return { assembler, told, time, push };
}

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

  it('skips a message that is too large to its end, and reports it once', () => {
    const { push, told } = rig(8);
    push('1 0 5 aaaaa', '0 0 5 bbbbb', '0 1 5 ccc', '0 1 5 cc', '1 1 2 ok');
    assert.deepEqual(told, ['MESSAGE_TOO_LARGE', 'text ok']);
  });

  it('treats an empty chunk inside a frame as a stalled frame', () => {
    const { push, told } = rig();
    push('1 1 5 he', '1 1 5 ');
    assert.deepEqual(told, ['unrecoverable FRAME_STALLED']);
  });

  it('treats an empty chunk of a frame with a length as a stalled frame', () => {
    const { push, told } = rig();
    push('1 1 5 ', '1 1 5 hello');
    assert.deepEqual(told, ['unrecoverable FRAME_STALLED', 'text hello']);
  });

  it('detects a stalled frame also after data loss in it', () => {
    const { push, told, assembler } = rig();
    push('1 1 5 he');
    assembler.dataLost();
    push('1 1 5 ');
    assert.deepEqual(told, ['unrecoverable FRAME_STALLED']);
  });

  it('reports the incomplete message when the connection ends, and only then', () => {
    const { push, told, assembler } = rig();
    assembler.end();
    push('1 0 3 abc', '0 1 5 de');
    assembler.end();
    assert.deepEqual(told, ['MESSAGE_INCOMPLETE']);
  });

  it('detects a message that begins before the previous one has ended', () => {
    const { push, told } = rig();
    push('1 0 3 abc', '2 1 3 new');
    assert.deepEqual(told, ['DATA_LOST', 'binary new']);
  });

  it('detects a chunk that does not fit its frame', () => {
    const { push, told } = rig();
    push('1 1 9 abc', '1 1 4 next', '1 1 9 abcdef', '1 1 9 ghijkl', '1 1 3 end');
    assert.deepEqual(told, ['DATA_LOST', 'text next', 'DATA_LOST', 'text end']);
  });

  it('drops a possible middle of a frame after data loss', () => {
    const { push, told, assembler } = rig();
    push('2 1 9 abc');
    assembler.dataLost();
    // The rest of that frame and the whole of the next look alike.
    push('2 1 9 ghi', '2 1 9 abc', '2 1 9 def', '2 1 9 ghi');
    assert.deepEqual(told, []);
    push('2 1 4 sure', '2 1 9 abc', '2 1 9 def', '2 1 9 ghi');
    assert.deepEqual(told, ['binary sure', 'binary abcdefghi']);
  });

  it('accepts the second header as a beginning after data loss, not the first', () => {
    const { push, told, assembler } = rig();
    assembler.dataLost();
    push('2 1 9 ghi', '2 1 8 abcd', '2 1 8 efgh');
    assert.deepEqual(told, ['binary abcdefgh']);
  });

  it('drops the continuations of a message with a lost beginning', () => {
    const { push, told, assembler } = rig();
    push('1 0 3 abc');
    assembler.dataLost();
    push('0 0 3 def', '0 1 3 ghi', '1 1 2 ok');
    assert.deepEqual(told, ['text ok']);
  });

  it('treats idle time longer than any stall as a message boundary', () => {
    const { push, told, assembler, time } = rig();
    assembler.dataLost();
    push('2 1 6 abc');
    time.now = 11_000;
    push('2 1 6 abc', '2 1 6 def');
    assert.deepEqual(told, ['binary abcdef']);
  });

  it('requests a reconnect when it cannot find message boundaries', () => {
    const { push, told, assembler } = rig(1e9);
    assembler.dataLost();
    for (let count = 0; count < 300; count++) push(`2 1 5000 ${'x'.repeat(1000)}`);
    assert.deepEqual(told, ['unrecoverable DATA_LOST']);
  });
});
