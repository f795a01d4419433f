import type { DataChunk, LinkId } from '../../at/types';
import type { Clock } from '../../clock';
import { EspAtError } from '../../errors';
import { DataPause } from './data-pause';
import { Pieces } from './pieces';
import type { LinkReceiver, MessageSink } from './link-receiver';

/** Most bytes that the assembler skips after a data loss; then it reports the boundaries as unrecoverable. */
const MAX_SKIPPED_BYTES = 256 * 1024;
/** Milliseconds without data after which a chunk begins a frame: the device ends a frame that stalls after 10 s. */
const STALLED_FRAME_MS = 11_000;

/** The frame began with the chunk `first`, and has `missing` more bytes. */
interface Inside {
  readonly kind: 'insideFrame';
  readonly first: DataChunk;
  readonly missing: number;
}

/** The position is unknown since a data loss. `last`: the last chunk after it; `skipped`: bytes that the assembler has skipped since. */
interface Lost {
  readonly kind: 'lost';
  last: DataChunk | undefined;
  skipped: number;
}

/** Position of the next chunk. */
type Position = { readonly kind: 'frameStart' } | Inside | Lost;

/** The message that the next frame continues. */
type Unfinished =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'collecting';
      readonly opcode: 1 | 2;
      readonly pieces: Pieces;
      length: number;
    }
  /** The assembler drops its rest. */
  | { readonly kind: 'tooLarge' }
  /** Its beginning is lost: the assembler drops its continuation frames. */
  | { readonly kind: 'headless' };

/**
 * Assembles messages from the chunks of one link, where the firmware tells their boundaries (class D): a message is
 * frames up to `fin`, a frame is chunks up to its length. After a data loss the assembler skips every chunk whose
 * position is uncertain, so that no message holds foreign bytes.
 */
export class MessageAssembler implements LinkReceiver {
  readonly connected = true;
  readonly #link: LinkId;
  readonly #limit: number;
  readonly #sink: MessageSink;
  #position: Position = { kind: 'frameStart' };
  #message: Unfinished = { kind: 'none' };
  /** The time between chunks; measured only after a data loss. */
  readonly #pause: DataPause;

  /** @param limit bytes of a message at most */
  constructor(link: LinkId, limit: number, clock: Clock, sink: MessageSink) {
    this.#link = link;
    this.#limit = limit;
    this.#sink = sink;
    this.#pause = new DataPause(clock);
  }

  get isEmpty(): boolean {
    return this.#message.kind === 'none';
  }

  push(chunk: DataChunk): void {
    // The device abandons a stalled frame with an empty chunk, and misreads all that follows.
    if (chunk.bytes.length === 0 && (chunk.payloadLength ?? 0) > 0) return this.#failStalled();
    const position = this.#position;
    if (position.kind === 'insideFrame') return this.#continue(chunk, position);
    if (position.kind === 'frameStart') return this.#begin(chunk);
    const wasIdle = this.#pause.atLeast >= STALLED_FRAME_MS;
    this.#pause.restart();
    if (wasIdle || this.#isBeginning(chunk, position)) this.#begin(chunk);
  }

  /** Drops the unfinished message. */
  dataLost(): void {
    this.#pause.restart();
    this.#message = { kind: 'headless' };
    this.#position = { kind: 'lost', last: undefined, skipped: 0 };
  }

  /** The connection has ended. An unfinished message fails with `MESSAGE_INCOMPLETE`. */
  end(): void {
    this.#pause.stop();
    const message = this.#message;
    if (message.kind === 'collecting') this.#fail('MESSAGE_INCOMPLETE', { length: message.length });
  }

  /** The first chunk of a frame. */
  #begin(chunk: DataChunk): void {
    this.#pause.stop();
    const { kind } = this.#message;
    if (chunk.opcode === 1 || chunk.opcode === 2) {
      // The end of the message before is lost.
      if (kind === 'collecting') this.#fail('DATA_LOST');
      this.#message = { kind: 'collecting', opcode: chunk.opcode, pieces: new Pieces(), length: 0 };
    } else if (kind === 'none') {
      this.#fail('DATA_LOST');
      this.#message = { kind: 'headless' };
    }
    this.#take(chunk, chunk, chunk.payloadLength ?? 0);
  }

  /** A further chunk of the current frame. */
  #continue(chunk: DataChunk, { first, missing }: Inside): void {
    const isSame = isSameFrame(first, chunk);
    if (isSame && chunk.bytes.length <= missing) return this.#take(chunk, first, missing);
    this.dataLost();
    this.#fail('DATA_LOST');
    // Another header begins a frame; surplus bytes with the same header prove nothing.
    if (!isSame) this.#begin(chunk);
  }

  /** @param missing bytes of the frame that have not come before this chunk */
  #take(chunk: DataChunk, first: DataChunk, missing: number): void {
    this.#collect(chunk.bytes);
    const left = missing - chunk.bytes.length;
    this.#position =
      left === 0 ? { kind: 'frameStart' } : { kind: 'insideFrame', first, missing: left };
    if (left === 0 && chunk.fin === true) this.#finish();
  }

  #collect(bytes: Buffer): void {
    const message = this.#message;
    if (message.kind !== 'collecting') return;
    message.length += bytes.length;
    message.pieces.add(bytes);
    if (message.length <= this.#limit) return;
    this.#message = { kind: 'tooLarge' };
    this.#fail('MESSAGE_TOO_LARGE', { limit: this.#limit });
  }

  #finish(): void {
    const message = this.#message;
    this.#message = { kind: 'none' };
    if (message.kind === 'collecting') this.#sink.message(message.opcode, message.pieces.joined());
  }

  #failStalled(): void {
    this.dataLost();
    this.#sink.unrecoverable(new EspAtError('FRAME_STALLED', { link: this.#link }));
  }

  /**
   * Whether, after a data loss, a chunk certainly begins a frame. The assembler skips others: they may come from a
   * frame's middle.
   */
  #isBeginning(chunk: DataChunk, position: Lost): boolean {
    const before = position.last;
    position.last = chunk;
    const isWhole = chunk.bytes.length === chunk.payloadLength;
    // Without a loss in between, another header means another frame.
    if (isWhole || (before !== undefined && !isSameFrame(before, chunk))) return true;
    position.skipped += chunk.bytes.length;
    if (position.skipped > MAX_SKIPPED_BYTES) {
      position.skipped = 0;
      this.#sink.unrecoverable(new EspAtError('DATA_LOST', { link: this.#link }));
    }
    return false;
  }

  #fail(
    code: 'DATA_LOST' | 'MESSAGE_TOO_LARGE' | 'MESSAGE_INCOMPLETE',
    details: Readonly<Record<string, number>> = {},
  ): void {
    this.#sink.failed(new EspAtError(code, { link: this.#link, ...details }));
  }
}

function isSameFrame(one: DataChunk, other: DataChunk): boolean {
  return (
    one.opcode === other.opcode &&
    one.fin === other.fin &&
    one.payloadLength === other.payloadLength
  );
}
