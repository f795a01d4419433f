import { encodeHeader } from '../harness/network/ws-server-frames';
import type { Action } from './actions';
import { eventsIn, type FormatOf } from './inference';
import type { BytePattern } from './pattern';

/** Knows of which frames more is to come, where reports tell the length of a frame's payload. */
export class UnfinishedFrames {
  /** Bytes that a link's frame still lacks. */
  readonly #missing = new Map<number, number>();

  /**
   * The bytes that must have come for the one chunk of a link in `piece`, if it is part of a frame that
   * is not whole in it; undefined when it is no such part.
   */
  explain(piece: BytePattern, link: number, formatOf: FormatOf): Action | undefined {
    const chunks = eventsIn(piece, formatOf).flatMap((event) =>
      event.kind === 'data' && event.data.link === link ? [event.data] : [],
    );
    const [chunk] = chunks;
    if (piece.kind !== 'whole' || !chunk || chunks.length > 1) return undefined;
    const { opcode = 1, fin = true, payloadLength, payload } = chunk;
    if (payloadLength === undefined || payload.length >= payloadLength) {
      this.#missing.delete(link);
      return undefined;
    }
    // An empty chunk inside a frame is the device's own word for a stall.
    if (payload === '') return { kind: 'bytes', bytes: Buffer.alloc(0) };
    const bytes = Buffer.from(payload, 'latin1');
    const missing = this.#missing.get(link);
    if (missing !== undefined && missing >= bytes.length) {
      this.#missing.set(link, missing - bytes.length);
      if (missing === bytes.length) this.#missing.delete(link);
      return { kind: 'bytes', bytes };
    }
    this.#missing.set(link, payloadLength - bytes.length);
    const header = encodeHeader({ fin, opcode }, payloadLength);
    return { kind: 'bytes', bytes: Buffer.concat([header, bytes]) };
  }
}
