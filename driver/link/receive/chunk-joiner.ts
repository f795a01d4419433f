import type { DataFrame, DataReceiver, LinkId } from '../../at/types';
import { onTimeout, type Cancel, type Clock } from '../../clock';
import { EspAtError } from '../../errors';
import type { Framing } from '../options';
import { JsonEnd } from './json-end';
import type { MessageSink } from './receiver';

const NOTHING = Buffer.alloc(0);
/**
 * Milliseconds without data before an empty chunk that ends a stalled frame. The device waits 10 s, but a busy port
 * may delay the chunks before it, so less time passes here.
 */
const STALLED_CHUNK_MS = 5000;

/**
 * Joins chunks to messages by the framing option, where the firmware does not tell message boundaries (classes A-C).
 * It joins bytes, not text: a chunk may end inside a UTF-8 character.
 */
export class ChunkJoiner implements DataReceiver {
  readonly connected = true;
  readonly #link: LinkId;
  readonly #framing: Framing;
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #sink: MessageSink;
  readonly #json = new JsonEnd();
  #chunks: Buffer[] = [];
  /** The last bytes, which may begin a delimiter: the joiner adds them to the message once they do not. */
  #held: Buffer = NOTHING;
  #length = 0;
  #tooLarge = false;
  #skipsToDelimiter = false;
  #idleTimer: Cancel | undefined;
  #heardAt = 0;

  /** @param limit bytes of a message at most */
  constructor(link: LinkId, joining: Framing, limit: number, clock: Clock, sink: MessageSink) {
    this.#link = link;
    this.#framing = joining;
    this.#limit = limit;
    this.#clock = clock;
    this.#sink = sink;
  }

  push({ bytes: piece }: DataFrame): void {
    const before = this.#heardAt;
    this.#heardAt = this.#clock.now();
    if (piece.length === 0 && this.#begun > 0 && this.#heardAt - before >= STALLED_CHUNK_MS)
      return this.#failStalled();
    switch (this.#framing.by) {
      case 'chunk':
        return this.#pushWhole(piece);
      case 'json':
        return this.#pushJson(piece);
      case 'delimiter':
        return this.#pushDelimited(piece, this.#framing.delimiter);
      case 'idle':
        this.#add(piece);
        this.#idleTimer?.();
        this.#idleTimer = onTimeout(this.#clock, this.#framing.idleMs, () => this.#finish());
        return;
    }
  }

  /** Drops the unfinished message: data of it is lost. */
  dataLost(): void {
    this.#drop();
    // Bytes up to the next delimiter may end a message whose beginning is lost.
    this.#skipsToDelimiter = this.#framing.by === 'delimiter' && this.#framing.delimiter.length > 0;
  }

  /** The connection has ended. That ends an idle-framed message; any other unfinished one fails. */
  end(): void {
    if (this.#framing.by === 'idle') return this.#length > 0 ? this.#finish() : this.#drop();
    const length = this.#begun;
    this.#drop();
    if (length === 0 || this.#skipsToDelimiter) return;
    this.#sink.failed(new EspAtError('MESSAGE_INCOMPLETE', { link: this.#link, length }));
  }

  get isEmpty(): boolean {
    return this.#begun === 0;
  }

  /** Bytes of the unfinished message. */
  get #begun(): number {
    return this.#length + this.#held.length;
  }

  /** An empty message looks the same, but hardly comes in the middle of another, and that late. */
  #failStalled(): void {
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
      this.#chunks = [];
      const details = { link: this.#link, limit: this.#limit };
      this.#sink.failed(new EspAtError('MESSAGE_TOO_LARGE', details));
    } else if (bytes.length > 0) {
      this.#chunks.push(bytes);
    }
  }

  #finish(): void {
    if (this.#skipsToDelimiter) {
      this.#skipsToDelimiter = false;
      this.#drop();
      return;
    }
    const [first] = this.#chunks;
    const bytes = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    const tooLarge = this.#tooLarge;
    this.#drop();
    if (!tooLarge) this.#sink.message(undefined, bytes);
  }

  #drop(): void {
    this.#idleTimer?.();
    this.#idleTimer = undefined;
    this.#json.reset();
    this.#chunks = [];
    this.#held = NOTHING;
    this.#length = 0;
    this.#tooLarge = false;
  }
}

/** Returns how many bytes at the end of a text begin a delimiter without completing it. */
function overlap(text: Buffer, delimiter: Buffer): number {
  for (let length = Math.min(text.length, delimiter.length - 1); length > 0; length--) {
    if (text.subarray(-length).equals(delimiter.subarray(0, length))) return length;
  }
  return 0;
}
