import type { LinkId } from '../../at/types';
import { onTimeout, type Cancel, type Clock } from '../../clock';
import { EspAtError } from '../../errors';
import { isJson, JsonEnd, mayBeTextBoundary } from './json-end';
import { Pieces } from './pieces';
import type { LinkReceiver, MarkedChunk, MessageSink } from './link-receiver';
import type { Framing } from './options';

const NOTHING = Buffer.alloc(0);

/** The message that the next chunk continues. */
interface Unfinished {
  /** The joiner drops a message that is too large, or `headless`: its beginning is lost. */
  readonly kind: 'collecting' | 'tooLarge' | 'headless';
  readonly pieces: Pieces;
  length: number;
  /** The last chunk that a headless message has dropped: if a JSON text may end with it, the next chunk may begin one. */
  readonly dropped?: Buffer;
}

/**
 * Joins chunks to messages by the framing option, where the firmware does not tell message boundaries (classes A-C).
 * It joins bytes, not text: a chunk may end inside a UTF-8 character.
 */
export class ChunkJoiner implements LinkReceiver {
  readonly connected = true;
  readonly #link: LinkId;
  readonly #framing: Framing;
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #sink: MessageSink;
  readonly #json = new JsonEnd();
  #message: Unfinished = emptyMessage('collecting');
  /** The last bytes, which may begin a delimiter: if they do not, the joiner adds them to the message. */
  #held: Buffer = NOTHING;
  #idleTimer: Cancel | undefined;

  /** @param limit bytes of a message at most */
  constructor(link: LinkId, framing: Framing, limit: number, clock: Clock, sink: MessageSink) {
    this.#link = link;
    this.#framing = framing;
    this.#limit = limit;
    this.#clock = clock;
    this.#sink = sink;
  }

  push({ bytes: piece, afterPause }: MarkedChunk): void {
    if (this.#framing.by === 'chunk') {
      this.#add(piece);
      return this.#finish();
    }
    if (afterPause && this.#unfinishedBytes > 0) return this.#failStalled();
    this.#join(piece, this.#framing);
  }

  #join(piece: Buffer, framing: Exclude<Framing, { by: 'chunk' }>): void {
    switch (framing.by) {
      case 'json':
        return this.#pushJson(piece);
      case 'delimiter':
        return this.#pushDelimited(piece, framing.delimiter);
      case 'idle':
        // The timer first: a listener may close the link at MESSAGE_TOO_LARGE, and then `end()` must stop the timer.
        this.#finishWhenIdle(framing.idleMs);
        return this.#add(piece);
    }
  }

  /** Drops the unfinished message. The next bytes may be the end of a message whose beginning is lost. */
  dataLost(): void {
    this.#begin(this.#framing.by === 'chunk' ? 'collecting' : 'headless');
    if (this.#framing.by === 'idle') this.#finishWhenIdle(this.#framing.idleMs);
  }

  /** The connection has ended, which finishes a message with framing `idle`; any other unfinished one fails. */
  end(): void {
    const { kind } = this.#message;
    const length = this.#unfinishedBytes;
    if (this.#idleTimer) return this.#finish();
    this.#begin('collecting');
    if (kind === 'collecting' && length > 0)
      this.#sink.failed(new EspAtError('MESSAGE_INCOMPLETE', { link: this.#link, length }));
  }

  get isEmpty(): boolean {
    return !this.#idleTimer && this.#message.kind === 'collecting' && this.#unfinishedBytes === 0;
  }

  /** Bytes of the unfinished message. */
  get #unfinishedBytes(): number {
    return this.#message.length + this.#held.length;
  }

  /**
   * Reports a stalled frame: an empty chunk in the middle of a message, after a pause. An empty message would look the same,
   * but hardly comes there.
   */
  #failStalled(): void {
    this.dataLost();
    this.#sink.unrecoverable(new EspAtError('FRAME_STALLED', { link: this.#link }));
  }

  #finishWhenIdle(idleMs: number): void {
    this.#idleTimer?.();
    this.#idleTimer = onTimeout(this.#clock, idleMs, () => this.#finish());
  }

  #pushJson(piece: Buffer): void {
    if (this.#message.kind === 'headless') {
      const { dropped: before = NOTHING } = this.#message;
      if (!isJson(piece) && !mayBeTextBoundary(before, piece)) {
        this.#message = { ...emptyMessage('headless'), length: piece.length, dropped: piece };
        return;
      }
      this.#begin('collecting');
    }
    let from = 0;
    let end = this.#json.find(piece, from);
    while (end !== undefined) {
      this.#add(piece.subarray(from, end));
      this.#finish();
      from = end;
      end = this.#json.find(piece, from);
    }
    if (this.#json.isIncomplete) this.#add(piece.subarray(from));
  }

  #pushDelimited(piece: Buffer, delimiter: Buffer): void {
    const bytes = Buffer.concat([this.#held, piece]);
    let from = 0;
    for (let at = bytes.indexOf(delimiter); at >= 0; at = bytes.indexOf(delimiter, from)) {
      this.#add(bytes.subarray(from, at));
      this.#finish();
      from = at + delimiter.length;
    }
    const rest = bytes.subarray(from);
    const end = rest.length - overlap(rest, delimiter);
    this.#add(rest.subarray(0, end));
    this.#held = rest.subarray(end);
  }

  #add(bytes: Buffer): void {
    const message = this.#message;
    message.length += bytes.length;
    if (message.kind !== 'collecting') return;
    message.pieces.add(bytes);
    if (message.length <= this.#limit) return;
    this.#message = { ...emptyMessage('tooLarge'), length: message.length };
    const details = { link: this.#link, limit: this.#limit };
    this.#sink.failed(new EspAtError('MESSAGE_TOO_LARGE', details));
  }

  #finish(): void {
    const { kind, pieces } = this.#message;
    this.#begin('collecting');
    if (kind === 'collecting') this.#sink.message(undefined, pieces.joined());
  }

  #begin(kind: 'collecting' | 'headless'): void {
    this.#idleTimer?.();
    this.#idleTimer = undefined;
    this.#json.reset();
    this.#held = NOTHING;
    this.#message = emptyMessage(kind);
  }
}

function emptyMessage(kind: Unfinished['kind']): Unfinished {
  return { kind, pieces: new Pieces(), length: 0 };
}

/** Returns how many bytes at the end of a text begin a delimiter. The text holds no whole delimiter. */
function overlap(text: Buffer, delimiter: Buffer): number {
  let length = delimiter.length;
  while (length > 0 && !text.subarray(-length).equals(delimiter.subarray(0, length))) length--;
  return length;
}
