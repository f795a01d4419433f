import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { DataChunk } from '../../../../driver/at/types';
import { MessageAssembler } from '../../../../driver/link/receive/message-assembler';
import { Pieces } from '../../../../driver/link/receive/pieces';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import { joinerRig } from './joiner-rig';

const CHUNKS = 300_000;
/** An array of as many empty chunks takes eight times as much. */
const MAX_GROWTH_BYTES = 4_000_000;

setFlagsFromString('--expose-gc');
const gc: unknown = runInNewContext('gc');

function collectGarbage(): void {
  assert.ok(typeof gc === 'function');
  Reflect.apply(gc, undefined, []);
}

/** Bytes by which the heap grows while `work` runs. */
function growth(work: () => void): number {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  work();
  collectGarbage();
  return process.memoryUsage().heapUsed - before;
}

const unexpected = () => assert.fail('nothing is due');

describe('the pieces of a message', () => {
  it('are merged: 100,000 of one byte are some 650, and join to the same bytes', () => {
    const pieces = new Pieces();
    const all = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
    for (let at = 0; at < all.length; at++) pieces.add(all.subarray(at, at + 1));
    assert.ok(pieces.count <= 390 + 256, String(pieces.count));
    assert.ok(pieces.joined().equals(all));
  });

  it('are none where they are empty; a single one is not copied', () => {
    const pieces = new Pieces();
    pieces.add(Buffer.alloc(0));
    assert.deepEqual([pieces.count, pieces.joined()], [0, Buffer.alloc(0)]);
    const only = Buffer.from('only');
    pieces.add(only);
    assert.equal(pieces.joined(), only);
  });

  it('take no memory in a message of empty frames without end, class D', () => {
    const sink = { message: unexpected, failed: unexpected, unrecoverable: unexpected };
    const assembler = new MessageAssembler(0, 1000, new VirtualClock(), sink);
    const frame = (opcode: number): DataChunk => {
      const bytes = Buffer.alloc(0);
      return { kind: 'data', link: 0, opcode, fin: false, payloadLength: 0, bytes };
    };
    assembler.push(frame(1));
    const bytes = growth(() => {
      for (let count = 0; count < CHUNKS; count++) assembler.push(frame(0));
    });
    assert.ok(bytes < MAX_GROWTH_BYTES, String(bytes));
    assert.equal(assembler.isEmpty, false);
  });

  it('take no memory in empty messages before a delimiter that never comes', () => {
    const { push, results } = joinerRig({ by: 'delimiter', delimiter: Buffer.from('\n') });
    push('begun');
    const bytes = growth(() => {
      for (let count = 0; count < CHUNKS; count++) push('');
    });
    assert.ok(bytes < MAX_GROWTH_BYTES, String(bytes));
    assert.deepEqual(results, []);
  });
});
