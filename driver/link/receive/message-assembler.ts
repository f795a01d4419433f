import type { DataFrame, DataReceiver, LinkId } from '../../at/types';
import { EspAtError } from '../../errors';
import type { MessageSink } from './receiver';

/** Bytes left out after a gap before the boundaries are given up as lost for good. */
const LONGEST_SEARCH = 256 * 1024;
/** Milliseconds: the device ends a frame that stalls after 10 s, so after more silence a frame begins. */
const STALL = 11_000;

/** What is known of where the next chunk stands. */
type Place =
  /** at the start of a message, or of one of its frames */
  | 'frame'
  /** inside a frame */
  | 'chunk'
  /** unknown, since something was lost */
  | 'lost';

/**
 * Joins the chunks of one link to whole messages, where the firmware tells their boundaries (class D): a
 * message is frames until `fin`, a frame is chunks until their lengths make its length. After a gap it
 * leaves out whatever could be put together wrongly.
 */
export class MessageAssembler implements DataReceiver {
  readonly connected = true;
  readonly #link: LinkId;
  readonly #limit: number;
  readonly #now: () => number;
  readonly #sink: MessageSink;
  /** Of the message that is being put together; undefined between messages. */
  #opcode: 1 | 2 | undefined;
  #chunks: Buffer[] = [];
  #length = 0;
  /** The message is over the limit: its rest is passed over. */
  #tooLarge = false;
  /** The message's beginning was lost: its continuations mean nothing. */
  #orphaned = false;
  #place: Place = 'frame';
  /** The header of the frame at work, and the bytes of it that are still to come. */
  #frame: DataFrame | undefined;
  #missing = 0;
  #searched = 0;
  #heardAt = 0;

  /**
   * @param limit bytes a message may have
   * @param now milliseconds of any clock
   */
  constructor(link: LinkId, limit: number, now: () => number, sink: MessageSink) {
    this.#link = link;
    this.#limit = limit;
    this.#now = now;
    this.#sink = sink;
  }

  push(chunk: DataFrame): void {
    const now = this.#now();
    if (this.#place === 'lost' && now - this.#heardAt >= STALL) this.#found();
    this.#heardAt = now;
    // Whatever was lost before: the device gives up a frame like this, and misreads what follows.
    if (chunk.bytes.length === 0 && (chunk.payloadLength ?? 0) > 0) return this.#stalled();
    if (this.#place === 'lost' && !this.#find(chunk)) return;
    if (this.#place === 'chunk') this.#goOn(chunk);
    else this.#begin(chunk);
  }

  /** Something was lost; whatever has begun cannot be completed. */
  dataLost(): void {
    this.#drop();
    this.#orphaned = true;
    this.#place = 'lost';
    this.#frame = undefined;
    this.#searched = 0;
  }

  /** The connection has ended: a message that has begun is reported as broken off. */
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
      // A message that was not finished: its end was lost.
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

  /** A further chunk of the frame at work. */
  #goOn(chunk: DataFrame): void {
    if (chunk.bytes.length === 0) return this.#stalled();
    const same = this.#frame && isSameFrame(this.#frame, chunk);
    if (!same || chunk.bytes.length > this.#missing) {
      this.#fail('DATA_LOST', {});
      this.dataLost();
      // Another header is a frame's beginning; too much of the same one is anything.
      if (same) return;
      this.#found();
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

  #stalled(): void {
    const error = new EspAtError('FRAME_STALLED', { link: this.#link });
    this.#drop();
    this.dataLost();
    this.#sink.unrecoverable(error);
  }

  // --- after a gap ---------------------------------------------------------------------------------

  /** Whether this chunk surely begins a frame. Otherwise it is left out: it may be the middle of one. */
  #find(chunk: DataFrame): boolean {
    const before = this.#frame;
    this.#frame = chunk;
    const whole = chunk.bytes.length === chunk.payloadLength;
    // With nothing lost in between, another header is another frame.
    const another = before !== undefined && !isSameFrame(before, chunk);
    if (whole || another) {
      this.#found();
      return true;
    }
    this.#searched += chunk.bytes.length;
    if (this.#searched > LONGEST_SEARCH) {
      this.#searched = 0;
      this.#sink.unrecoverable(new EspAtError('DATA_LOST', { link: this.#link }));
    }
    return false;
  }

  #found(): void {
    this.#place = 'frame';
    this.#frame = undefined;
    this.#searched = 0;
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
