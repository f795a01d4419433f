import type { DataFrame, DataReceiver, LinkId } from '../../at/types';
import { onTimeout, type Cancel, type Clock } from '../../clock';
import { EspAtError } from '../../errors';
import type { Framing } from '../options';
import { JsonEnd } from './json-end';
import type { MessageSink } from './receiver';

const NOTHING = Buffer.alloc(0);
/**
 * Milliseconds: the device gives up a frame that stalls after 10 s, with an empty piece. Its pieces may have
 * waited for room on the line, so that less passes between them here.
 */
const STALL = 5000;

/**
 * Joins what firmware of class A-C hands on in pieces, by what the user knows of the messages, since the
 * firmware does not tell their boundaries. Bytes are joined before anybody decodes them, so that a
 * character cut between two pieces is whole again.
 */
export class ChunkJoiner implements DataReceiver {
  readonly connected = true;
  readonly #link: LinkId;
  readonly #joining: Framing;
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #sink: MessageSink;
  readonly #json = new JsonEnd();
  #pieces: Buffer[] = [];
  /** The beginning of what may become a delimiter: not part of the message until it does not. */
  #held: Buffer = NOTHING;
  #length = 0;
  #tooLarge = false;
  #torn = false;
  #silence: Cancel | undefined;
  #heardAt = 0;

  /** @param limit bytes a message may have */
  constructor(link: LinkId, joining: Framing, limit: number, clock: Clock, sink: MessageSink) {
    this.#link = link;
    this.#joining = joining;
    this.#limit = limit;
    this.#clock = clock;
    this.#sink = sink;
  }

  push({ bytes: piece }: DataFrame): void {
    const before = this.#heardAt;
    this.#heardAt = this.#clock.now();
    if (piece.length === 0 && this.#begun > 0 && this.#heardAt - before >= STALL)
      return this.#stalled();
    switch (this.#joining.by) {
      case 'chunk':
        return this.#pushWhole(piece);
      case 'json':
        return this.#pushJson(piece);
      case 'delimiter':
        return this.#pushDelimited(piece, this.#joining.delimiter);
      case 'idle':
        this.#add(piece);
        this.#silence?.();
        this.#silence = onTimeout(this.#clock, this.#joining.idleMs, () => this.#finish());
        return;
    }
  }

  /** Something was lost: what has begun cannot be completed. */
  dataLost(): void {
    this.#drop();
    // Up to the next delimiter it may be the rest of a message whose beginning is lost.
    this.#torn = this.#joining.by === 'delimiter' && this.#joining.delimiter.length > 0;
  }

  /** The connection has ended. A silence is one too; anything else that has begun broke off. */
  end(): void {
    if (this.#joining.by === 'idle') return this.#length > 0 ? this.#finish() : this.#drop();
    const length = this.#begun;
    this.#drop();
    if (length === 0 || this.#torn) return;
    this.#sink.failed(new EspAtError('MESSAGE_INCOMPLETE', { link: this.#link, length }));
  }

  /** Bytes of a message that is not complete yet. */
  get #begun(): number {
    return this.#length + this.#held.length;
  }

  /** An empty message can be it too, but hardly in the middle of another and that late. */
  #stalled(): void {
    this.dataLost();
    this.#sink.unrecoverable(new EspAtError('FRAME_STALLED', { link: this.#link }));
  }

  #pushWhole(piece: Buffer): void {
    if (piece.length <= this.#limit) return this.#sink.message(undefined, piece);
    this.#add(piece);
    this.#finish();
  }

  #pushJson(piece: Buffer): void {
    let from = 0;
    while (from < piece.length) {
      const end = this.#json.find(piece, from);
      if (end < 0) {
        if (this.#json.open) this.#add(piece.subarray(from));
        return;
      }
      this.#add(piece.subarray(from, end));
      this.#finish();
      from = end;
    }
  }

  #pushDelimited(piece: Buffer, delimiter: Buffer): void {
    if (delimiter.length === 0) {
      this.#add(piece);
      return this.#finish();
    }
    const joined = this.#held.length > 0 ? Buffer.concat([this.#held, piece]) : piece;
    let from = 0;
    for (let at = joined.indexOf(delimiter); at >= 0; at = joined.indexOf(delimiter, from)) {
      this.#add(joined.subarray(from, at));
      this.#finish();
      from = at + delimiter.length;
    }
    const rest = joined.subarray(from);
    const end = rest.length - overlap(rest, delimiter);
    this.#add(rest.subarray(0, end));
    this.#held = rest.subarray(end);
  }

  #add(bytes: Buffer): void {
    this.#length += bytes.length;
    if (this.#tooLarge) return;
    if (this.#length > this.#limit) {
      this.#tooLarge = true;
      this.#pieces = [];
      const details = { link: this.#link, limit: this.#limit };
      this.#sink.failed(new EspAtError('MESSAGE_TOO_LARGE', details));
    } else if (bytes.length > 0) {
      this.#pieces.push(bytes);
    }
  }

  #finish(): void {
    if (this.#torn) {
      this.#torn = false;
      this.#drop();
      return;
    }
    const [first] = this.#pieces;
    const bytes = this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces);
    const tooLarge = this.#tooLarge;
    this.#drop();
    if (!tooLarge) this.#sink.message(undefined, bytes);
  }

  #drop(): void {
    this.#silence?.();
    this.#silence = undefined;
    this.#json.reset();
    this.#pieces = [];
    this.#held = NOTHING;
    this.#length = 0;
    this.#tooLarge = false;
  }
}

/** How many bytes at the end of a text are the beginning of a delimiter, but not the whole of it. */
function overlap(text: Buffer, delimiter: Buffer): number {
  for (let length = Math.min(text.length, delimiter.length - 1); length > 0; length--) {
    if (text.subarray(-length).equals(delimiter.subarray(0, length))) return length;
  }
  return 0;
}
