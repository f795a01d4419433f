import type { LinkId } from '../at/types';
import type { SendOptions } from '../link/options';
import type { DriverLine, RecordingLine } from './lines';
import {
  decode,
  DEVICE,
  HOST,
  LINE,
  MESSAGES,
  MESSAGES_BYTES,
  SEND,
  SEND_BYTES,
  SENT,
  SENT_BYTES,
  writeMessages,
  writeSend,
} from './record-codec';
import type { RecordedClock } from './recorded-clock';
import { nextStart, redacted, type End } from './redact';
import { copyBytes, RecordRing, WORD_BYTES } from './record-ring';
import type { SecretSet } from './secret-set';

/** Bytes that may wait for the end of what may be a secret. */
const MAX_HELD_BYTES = 65_536;

/** A record that waits behind bytes that may be the beginning of a secret. */
interface Held {
  readonly kind: number;
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** A line, and the position behind it. */
export interface PlacedLine {
  readonly line: RecordingLine;
  readonly next: number;
}

/** Keeps what passed the port and what the driver was asked and told, without secrets, as far as there is room. */
export class Recorder {
  readonly #clock: RecordedClock;
  readonly #secrets: SecretSet;
  readonly #ring: RecordRing;
  /** Where the record is written that {@link #begin} began. */
  #words: Uint32Array;
  #memory: Uint8Array;
  #held: Held[] = [];
  #calls = 0;
  /** Received messages that are in no record yet: of which link, how many, their bytes. */
  #receivedLink: LinkId = 0;
  #receivedMessages = 0;
  #receivedBytes = 0;

  /** @param capacity bytes of memory */
  constructor(capacity: number, clock: RecordedClock, secrets: SecretSet) {
    this.#ring = new RecordRing(capacity);
    this.#words = this.#ring.words;
    this.#memory = this.#ring.memory;
    this.#clock = clock;
    this.#secrets = secrets;
  }

  /** The driver wrote bytes, in one write. */
  wrote(bytes: Uint8Array): void {
    this.#passed(HOST, bytes);
  }

  /** Bytes came from the device. The caller says when the driver has done what they ask for. */
  received(bytes: Uint8Array): void {
    this.#clock.beginTurn();
    this.#passed(DEVICE, bytes);
  }

  receivedAll(): void {
    this.#clock.endTurn();
  }

  /** A number for a call. */
  nextCall(): number {
    return ++this.#calls;
  }

  /** A message was given to a link; returns the number of the call. */
  send(link: LinkId, options: Omit<SendOptions, 'signal'>, bytes: Uint8Array): number {
    const call = this.nextCall();
    const all = this.#secrets.redactBytes(bytes);
    const room = this.#ring.longest - SEND_BYTES;
    const clean = all.length > room ? all.subarray(0, room) : all;
    const word = this.#begin(SEND, this.#clock.recordTime, SEND_BYTES + clean.length);
    writeSend(this.#words, word, call, link, options);
    copyBytes(clean, this.#memory, word * WORD_BYTES + SEND_BYTES);
    return call;
  }

  /** A send succeeded, in consequence of what was recorded last. */
  sent(call: number): void {
    const word = this.#begin(SENT, this.#clock.lastTime, SENT_BYTES);
    this.#words[word] = call;
  }

  /** The driver emitted a message. */
  message(link: LinkId, bytes: number): void {
    if (this.#receivedLink !== link) this.#recordMessages();
    this.#receivedLink = link;
    this.#receivedMessages++;
    this.#receivedBytes += bytes;
  }

  /** Anything else happened. Its texts may hold secrets. */
  line(line: DriverLine): void {
    this.#recordMessages();
    const bytes = this.#secrets.redactBytes(Buffer.from(JSON.stringify(line)));
    const at = this.#clock.recordTime;
    if (this.#held.length === 0) this.#ring.push(LINE, at, bytes);
    else this.#held.push({ kind: LINE, at, bytes });
  }

  /** Position behind the newest record, for {@link lines}. */
  get end(): number {
    return this.#ring.end;
  }

  /** Position of the oldest record; 0 while all are there. */
  get start(): number {
    return this.#ring.start;
  }

  /** Position from which on at most so many bytes of memory were recorded. */
  tail(bytes: number): number {
    return this.#ring.tail(bytes);
  }

  /** What was recorded from a position on, without what is held back. */
  *lines(position = 0): Generator<PlacedLine, void> {
    this.#recordMessages();
    for (const { kind, at, bytes, next } of this.#ring.since(position)) {
      yield { next, line: { at, ...decode(kind, bytes) } };
    }
  }

  /** What is held back behind {@link lines}: the beginning of a secret, or what looks like one, is replaced. */
  *heldLines(): Generator<RecordingLine, void> {
    for (const { kind, at, bytes } of this.#clean('cut')) {
      const { buffer, byteOffset, length } = bytes;
      yield { at, ...decode(kind, Buffer.from(buffer, byteOffset, length)) };
    }
  }

  #recordMessages(): void {
    const messages = this.#receivedMessages;
    if (messages === 0) return;
    this.#receivedMessages = 0;
    const word = this.#begin(MESSAGES, this.#clock.recordTime, MESSAGES_BYTES);
    writeMessages(this.#words, word, this.#receivedLink, messages, this.#receivedBytes);
    this.#receivedBytes = 0;
  }

  #passed(direction: typeof HOST | typeof DEVICE, bytes: Uint8Array): void {
    this.#recordMessages();
    const at = this.#clock.recordTime;
    if (this.#held.length === 0) {
      const { index } = this.#secrets;
      if (nextStart(index, bytes, 0) === bytes.length) return this.#ring.push(direction, at, bytes);
      const { bytes: clean, isCut } = redacted(index, bytes, 'goesOn');
      if (!isCut) return this.#ring.push(direction, at, clean);
    }
    this.#held.push({ kind: direction, at, bytes: Uint8Array.from(bytes) });
    this.#release();
  }

  /** Begins a record, in the ring or behind what is held. Returns its first word in {@link #words}. */
  #begin(kind: number, at: number, bytes: number): number {
    if (kind !== MESSAGES) this.#recordMessages();
    if (this.#held.length === 0) {
      const offset = this.#ring.reserve(kind, at, bytes);
      this.#words = this.#ring.words;
      this.#memory = this.#ring.memory;
      return offset / WORD_BYTES;
    }
    this.#words = new Uint32Array(Math.ceil(bytes / WORD_BYTES));
    this.#memory = new Uint8Array(this.#words.buffer, 0, bytes);
    this.#held.push({ kind, at, bytes: this.#memory });
    return 0;
  }

  /** Records what is held, unless it still ends within what may be a secret. */
  #release(): void {
    const bytes = this.#held.reduce((sum, each) => sum + each.bytes.length, 0);
    const clean = this.#clean(bytes > MAX_HELD_BYTES ? 'cut' : 'goesOn');
    if (clean.length === 0) return;
    this.#held = [];
    for (const each of clean) this.#ring.push(each.kind, each.at, each.bytes);
  }

  /** The held records without secrets; none while one may go on. */
  #clean(end: End): Held[] {
    const cleaned = new Map<number, Uint8Array>();
    for (const direction of [HOST, DEVICE]) {
      const all = this.#held.filter(({ kind }) => kind === direction);
      const joined = Buffer.concat(all.map(({ bytes }) => bytes));
      const { bytes, isCut } = redacted(this.#secrets.index, joined, end);
      if (isCut) return [];
      cleaned.set(direction, bytes);
    }
    const used = new Map<number, number>();
    return this.#held.map((each) => {
      const from = used.get(each.kind) ?? 0;
      const bytes = cleaned.get(each.kind)?.subarray(from, from + each.bytes.length) ?? each.bytes;
      used.set(each.kind, from + each.bytes.length);
      return { ...each, bytes };
    });
  }
}
