import type { DataFrame, DataReceiver, LinkId } from '../../at/types';
import { EspAtError } from '../../errors';
import type { MessageSink } from './receiver';

/** Bytes that the assembler skips after a data loss before it reports the boundaries as unrecoverable. */
const LONGEST_SKIP_BYTES = 256 * 1024;
/** Milliseconds without data after which a chunk begins a frame: the device ends a frame that stalls after 10 s. */
const STALLED_FRAME_MS = 11_000;

/** Position of the next chunk. */
type Place =
  /** at the start of a message, or of one of its frames */
  | 'frame'
  /** inside a frame */
  | 'chunk'
  /** unknown, after a data loss */
  | 'lost';

/**
 * Assembles messages from the chunks of one link, where the firmware tells their boundaries (class D): a message is
 * frames up to `fin`, a frame is chunks up to its length. After a data loss the assembler skips every chunk whose
 * position is uncertain, so that no message holds foreign bytes.
 */
export class MessageAssembler implements DataReceiver {
  readonly connected = true;
  readonly #link: LinkId;
  readonly #limit: number;
  readonly #now: () => number;
  readonly #sink: MessageSink;
  /** Opcode of the current message; undefined between messages. */
  #opcode: 1 | 2 | undefined;
  #chunks: Buffer[] = [];
  #length = 0;
  /** The message exceeds the limit: the assembler drops its rest. */
  #tooLarge = false;
  /** The message's beginning is lost: the assembler drops its continuation frames. */
  #orphaned = false;
  #place: Place = 'frame';
  /** The header of the current frame, and its bytes that are still to come. */
  #frame: DataFrame | undefined;
  #missing = 0;
  #skipped = 0;
  #heardAt = 0;

  /**
   * @param limit bytes of a message at most
   * @param now milliseconds of any clock
   */
  constructor(link: LinkId, limit: number, now: () => number, sink: MessageSink) {
    this.#link = link;
    this.#limit = limit;
    this.#now = now;
    this.#sink = sink;
  }

  get isEmpty(): boolean {
    return this.#place === 'frame' && this.#opcode === undefined && !this.#orphaned;
  }

  push(chunk: DataFrame): void {
    const now = this.#now();
    if (this.#place === 'lost' && now - this.#heardAt >= STALLED_FRAME_MS) this.#resume();
    this.#heardAt = now;
    // With an empty chunk the device abandons a frame that stalled. Then it misreads all that follows.
    if (chunk.bytes.length === 0 && (chunk.payloadLength ?? 0) > 0) return this.#failStalled();
    if (this.#place === 'lost' && !this.#find(chunk)) return;
    if (this.#place === 'chunk') this.#continue(chunk);
    else this.#begin(chunk);
  }

  /** Drops the unfinished message: data of it is lost. */
  dataLost(): void {
    this.#drop();
    this.#orphaned = true;
    this.#place = 'lost';
    this.#frame = undefined;
    this.#skipped = 0;
  }

  /** The connection has ended. An unfinished message fails with `MESSAGE_INCOMPLETE`. */
  end(): void {
    if (this.#opcode === undefined || this.#tooLarge) return;
    this.#fail('MESSAGE_INCOMPLETE', { length: this.#length });
    this.#drop();
  }

  /** The first chunk of a frame. */
  #begin(chunk: DataFrame): void {
    const opcode = chunk.opcode ?? 0;
    if (opcode === 0 && this.#opcode === undefined) {
      if (!this.#orphaned) this.#fail('DATA_LOST', {});
      this.#orphaned = chunk.fin !== true || chunk.bytes.length < (chunk.payloadLength ?? 0);
      return this.#enter(chunk);
    }
    if (opcode !== 0) {
      // The end of the message before is lost.
      if (this.#opcode !== undefined && !this.#tooLarge) this.#fail('DATA_LOST', {});
      this.#drop();
      this.#orphaned = false;
      this.#opcode = opcode === 2 ? 2 : 1;
    }
    this.#enter(chunk);
  }

  #enter(chunk: DataFrame): void {
    this.#frame = chunk;
    this.#missing = (chunk.payloadLength ?? 0) - chunk.bytes.length;
    this.#take(chunk);
  }

  /** A further chunk of the current frame. */
  #continue(chunk: DataFrame): void {
    if (chunk.bytes.length === 0) return this.#failStalled();
    const same = this.#frame && isSameFrame(this.#frame, chunk);
    if (!same || chunk.bytes.length > this.#missing) {
      this.#fail('DATA_LOST', {});
      this.dataLost();
      // Another header begins a frame; surplus bytes with the same header tell nothing.
      if (same) return;
      this.#resume();
      return this.#begin(chunk);
    }
    this.#missing -= chunk.bytes.length;
    this.#take(chunk);
  }

  #take(chunk: DataFrame): void {
    this.#place = this.#missing === 0 ? 'frame' : 'chunk';
    if (this.#opcode !== undefined && !this.#tooLarge) {
      this.#length += chunk.bytes.length;
      if (this.#length > this.#limit) {
        this.#tooLarge = true;
        this.#chunks = [];
        this.#fail('MESSAGE_TOO_LARGE', { limit: this.#limit });
      } else if (chunk.bytes.length > 0) {
        this.#chunks.push(chunk.bytes);
      }
    }
    if (this.#missing === 0 && chunk.fin === true) this.#finish();
  }

  #finish(): void {
    const opcode = this.#opcode;
    const [first] = this.#chunks;
    const bytes = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    const whole = opcode !== undefined && !this.#tooLarge;
    this.#drop();
    this.#orphaned = false;
    if (whole) this.#sink.message(opcode, bytes);
  }

  #failStalled(): void {
    const error = new EspAtError('FRAME_STALLED', { link: this.#link });
    this.#drop();
    this.dataLost();
    this.#sink.unrecoverable(error);
  }

  // --- after a data loss ---------------------------------------------------------------------------

  /** Whether this chunk certainly begins a frame. The assembler skips others: they may come from a frame's middle. */
  #find(chunk: DataFrame): boolean {
    const before = this.#frame;
    this.#frame = chunk;
    const whole = chunk.bytes.length === chunk.payloadLength;
    // Without a loss in between, another header means another frame.
    const another = before !== undefined && !isSameFrame(before, chunk);
    if (whole || another) {
      this.#resume();
      return true;
    }
    this.#skipped += chunk.bytes.length;
    if (this.#skipped > LONGEST_SKIP_BYTES) {
      this.#skipped = 0;
      this.#sink.unrecoverable(new EspAtError('DATA_LOST', { link: this.#link }));
    }
    return false;
  }

  #resume(): void {
    this.#place = 'frame';
    this.#frame = undefined;
    this.#skipped = 0;
  }

  #drop(): void {
    this.#opcode = undefined;
    this.#chunks = [];
    this.#length = 0;
    this.#tooLarge = false;
  }

  #fail(
    code: 'DATA_LOST' | 'MESSAGE_TOO_LARGE' | 'MESSAGE_INCOMPLETE',
    details: Readonly<Record<string, number>>,
  ): void {
    this.#sink.failed(new EspAtError(code, { link: this.#link, ...details }));
  }
}

function isSameFrame(one: DataFrame, other: DataFrame): boolean {
  return (
    one.opcode === other.opcode &&
    one.fin === other.fin &&
    one.payloadLength === other.payloadLength
  );
}
