import type { LinkId } from '../at/frame';
import type { Cancel, Clock } from '../clock';
import { EspAtError } from '../errors';
import type { Joining } from '../link-types';
import { JsonEnd } from './json-end';

/** What a joiner tells. */
export interface JoinerHandlers {
  message(bytes: Buffer): void;
  failed(error: EspAtError): void;
}

/**
 * Joins what firmware of class A-C hands on in pieces, by what the user knows of the messages, since the
 * firmware does not tell their boundaries. Bytes are joined before anybody decodes them, so that a
 * character cut between two pieces is whole again.
 */
export class Joiner {
  readonly #link: LinkId;
  readonly #joining: Joining;
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #handlers: JoinerHandlers;
  readonly #json = new JsonEnd();
  #pieces: Buffer[] = [];
  #length = 0;
  #tooLarge = false;
  #torn = false;
  #silence: Cancel | undefined;

  /** @param limit bytes a message may have */
  constructor(
    link: LinkId,
    joining: Joining,
    limit: number,
    clock: Clock,
    handlers: JoinerHandlers,
  ) {
    this.#link = link;
    this.#joining = joining;
    this.#limit = limit;
    this.#clock = clock;
    this.#handlers = handlers;
  }

  push(piece: Buffer): void {
    switch (this.#joining.by) {
      case 'chunk':
        return this.#pushWhole(piece);
      case 'json':
        return this.#pushJson(piece);
      case 'delimiter':
        return this.#pushDelimited(piece, this.#joining.delimiter);
      case 'silence':
        this.#add(piece);
        this.#silence?.();
        this.#silence = this.#clock.after(this.#joining.milliseconds, () => this.#finish());
        return;
    }
  }

  /** Something was lost: what has begun cannot be completed. */
  gap(): void {
    this.#drop();
    // Up to the next delimiter it may be the rest of a message whose beginning is lost.
    this.#torn = this.#joining.by === 'delimiter' && this.#joining.delimiter.length > 0;
  }

  /** The connection has ended. A silence is one too; anything else that has begun broke off. */
  close(): void {
    if (this.#joining.by === 'silence') return this.#length > 0 ? this.#finish() : this.#drop();
    const length = this.#length;
    this.#drop();
    if (length === 0 || this.#torn) return;
    this.#handlers.failed(new EspAtError('MESSAGE_INCOMPLETE', { link: this.#link, length }));
  }

  #pushWhole(piece: Buffer): void {
    if (piece.length <= this.#limit) return this.#handlers.message(piece);
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
    // The delimiter itself may be cut between two pieces.
    const kept = this.#tail(delimiter.length - 1);
    const joined = kept.length > 0 ? Buffer.concat([kept, piece]) : piece;
    let from = kept.length > 0 ? -kept.length : 0;
    for (
      let at = joined.indexOf(delimiter);
      at >= 0;
      at = joined.indexOf(delimiter, at + delimiter.length)
    ) {
      const end = at - kept.length;
      if (end >= 0) this.#add(piece.subarray(Math.max(0, from), end));
      else this.#shorten(-end);
      this.#finish();
      from = end + delimiter.length;
    }
    if (from < piece.length) this.#add(piece.subarray(Math.max(0, from)));
  }

  /** The last bytes of what is held, at most so many. */
  #tail(length: number): Buffer {
    const parts: Buffer[] = [];
    for (let index = this.#pieces.length - 1; index >= 0 && length > 0; index--) {
      const piece = this.#pieces[index];
      if (!piece) break;
      const part = piece.subarray(Math.max(0, piece.length - length));
      parts.unshift(part);
      length -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** Takes bytes off the end: they turned out to be the beginning of a delimiter. */
  #shorten(bytes: number): void {
    this.#length -= bytes;
    while (bytes > 0) {
      const last = this.#pieces.pop();
      if (!last) return;
      if (last.length > bytes) this.#pieces.push(last.subarray(0, last.length - bytes));
      bytes -= Math.min(bytes, last.length);
    }
  }

  #add(bytes: Buffer): void {
    this.#length += bytes.length;
    if (this.#tooLarge) return;
    if (this.#length > this.#limit) {
      this.#tooLarge = true;
      this.#pieces = [];
      const details = { link: this.#link, limit: this.#limit };
      this.#handlers.failed(new EspAtError('MESSAGE_TOO_LARGE', details));
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
    if (!tooLarge) this.#handlers.message(bytes);
  }

  #drop(): void {
    this.#silence?.();
    this.#silence = undefined;
    this.#json.reset();
    this.#pieces = [];
    this.#length = 0;
    this.#tooLarge = false;
  }
}
