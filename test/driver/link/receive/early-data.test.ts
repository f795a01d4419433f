import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DataChunk } from '../../../../driver/at/types';
import { EarlyData } from '../../../../driver/link/receive/early-data';
import { createReceiver } from '../../../../driver/link/receive/create-receiver';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';

const KIB = 1024;

const chunk = (length: number): DataChunk => {
  return { kind: 'data', link: 0, bytes: Buffer.alloc(length) };
};

/** What the receiver of a connection makes of early data: lengths of messages, and error codes. */
function replayed(early: EarlyData, { fragments = false, limit = Infinity } = {}): string[] {
  const got: string[] = [];
  const options = {
    link: 0 as const,
    clock: new VirtualClock(),
    ping: () => Promise.resolve(),
    capabilities: { fragments, losesFraming: false },
  };
  const receiver = createReceiver(
    options,
    {},
    {
      message: (_, bytes) => got.push(String(bytes.length)),
      failed: ({ code }) => got.push(code),
      unrecoverable: ({ code }) => got.push(code),
    },
  );
  early.replay(
    receiver,
    () => got.length < limit,
    () => got.push('lost'),
  );
  return got;
}

describe('early data', () => {
  it('is not replayed after a message that ends the connection', () => {
    const early = new EarlyData();
    early.push(chunk(3));
    early.push(chunk(4));
    early.dataLost();
    assert.deepEqual(replayed(early, { limit: 1 }), ['3']);
  });

  it('reports data loss once in its place, and joins no message across it', () => {
    const early = new EarlyData();
    const frame = { kind: 'data', link: 0, opcode: 1, fin: true } as const;
    early.push({ ...frame, fin: false, payloadLength: 6, bytes: Buffer.from('begins') });
    early.dataLost();
    early.dataLost();
    early.push({ ...frame, opcode: 0, payloadLength: 4, bytes: Buffer.from('rest') });
    early.push({ ...frame, payloadLength: 5, bytes: Buffer.from('whole') });
    assert.deepEqual(replayed(early, { fragments: true }), ['lost', '5']);
  });

  it('has at most 256 KiB, 16 bytes more for each chunk, and reports what does not fit as data loss', () => {
    const early = new EarlyData();
    early.push(chunk(128 * KIB - 16));
    early.push(chunk(128 * KIB - 16));
    early.push(chunk(0));
    early.push(chunk(1));
    assert.deepEqual(replayed(early), [String(128 * KIB - 16), String(128 * KIB - 16), 'lost']);
  });
});
