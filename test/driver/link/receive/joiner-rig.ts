import fc from 'fast-check';
import { createReceiver } from '../../../../driver/link/receive/create-receiver';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import type { Framing } from '../../../../driver/link/receive/options';

/** A joiner, and what it hands on. */
export function joinerRig(framing: Framing, limit = 1000, onError: () => void = () => undefined) {
  const results: string[] = [];
  const clock = new VirtualClock();
  const capabilities = { fragments: false, losesFraming: false };
  const context = {
    link: 0,
    clock,
    capabilities,
    ping: () => Promise.reject(new Error()),
  } as const;
  const joiner = createReceiver(
    context,
    { framing, maxMessageBytes: limit },
    {
      message: (_, bytes) => results.push(bytes.toString()),
      failed: ({ code, details }) => {
        results.push(`! ${code} ${details.limit ?? details.length}`);
        onError();
      },
      unrecoverable: (error) => results.push(`unrecoverable ${error.code}`),
    },
  );
  const push = (...pieces: (string | Buffer)[]) => {
    for (const piece of pieces) joiner.push({ kind: 'data', link: 0, bytes: Buffer.from(piece) });
  };
  return { joiner, results, clock, push };
}

/** Cuts bytes at the given sizes, over and over. */
export function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** Sizes of chunks, for {@link cut}. */
export const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 8 });
