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

/** Bytes that the recorder holds back, at most, until it knows whether they end in a secret. */
const MAX_HELD_BYTES = 65_536;

/** A record that the recorder holds back: bytes that may begin a secret, or a record behind them. */
interface HeldRecord {
  readonly kind: number;
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** A line, and the position behind it. */
export interface PlacedLine {
  readonly line: RecordingLine;
  readonly next: number;
}

/** Keeps the newest bytes of the port, calls of the driver, and events and messages that it emits, without secrets. */
export class Recorder {
  /** The clock of the driver and of the records. */
  readonly clock: RecordedClock;
  protected readonly secrets: SecretSet;
  readonly #ring: RecordRing;
  /** Memory in which {@link #begin} began a record (the ring's, or that of a held record), by words and by bytes. */
  #words: Uint32Array;
  #memory: Uint8Array;
  #held: HeldRecord[] = [];
  /** By direction: the beginning of a secret that went to the ring as a placeholder because too much was held. The rest may come. */
  #begun: ReadonlyMap<number, Uint8Array> = new Map();
  #calls = 0;
  /** Messages of one link that the driver emitted since the last record. */
  #receivedLink: LinkId = 0;
  #receivedMessages = 0;
  #receivedBytes = 0;

  /** @param capacity bytes of memory */
  constructor(capacity: number, clock: RecordedClock, secrets: SecretSet) {
    this.#ring = new RecordRing(capacity);
    this.#words = this.#ring.words;
    this.#memory = this.#ring.memory;
    this.clock = clock;
    this.secrets = secrets;
  }

  /** Records bytes that the driver writes, in one write. */
  wrote(bytes: Uint8Array): void {
    this.#passed(HOST, bytes);
  }

  /** Records a chunk from the device. Call {@link endTurn} once the driver has processed it. */
  received(bytes: Uint8Array): void {
    this.clock.beginTurn();
    this.#passed(DEVICE, bytes);
  }

  endTurn(): void {
    this.clock.endTurn();
  }

  /** Returns a number for a call. */
  protected nextCall(): number {
    return ++this.#calls;
  }

  /** Records a message that the user sends; returns the number of the call. */
  send(link: LinkId, options: Omit<SendOptions, 'signal'>, bytes: Uint8Array): number {
    const call = this.nextCall();
    const all = this.secrets.redactBytes(bytes);
    const room = this.#ring.longest - SEND_BYTES;
    const clean = all.length > room ? all.subarray(0, room) : all;
    const word = this.#begin(SEND, this.clock.recordTime, SEND_BYTES + clean.length);
    writeSend(this.#words, word, call, link, options);
    copyBytes(clean, this.#memory, word * WORD_BYTES + SEND_BYTES);
    return call;
  }

  /** Records that a send has succeeded, at the time of the record that caused it. */
  sent(call: number): void {
    const word = this.#begin(SENT, this.clock.lastTime, SENT_BYTES);
    this.#words[word] = call;
  }

  /** Records a message that a link emits. @param bytes of the message */
  message(link: LinkId, bytes: number): void {
    if (this.#receivedLink !== link) this.#recordMessages();
    this.#receivedLink = link;
    this.#receivedMessages++;
    this.#receivedBytes += bytes;
  }

  /** Records anything else. Its texts may hold secrets. */
  line(line: DriverLine): void {
    this.#recordMessages();
    const bytes = this.secrets.redactBytes(Buffer.from(JSON.stringify(line)));
    const at = this.clock.recordTime;
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

  /** Position of the oldest record with at most so many bytes of memory behind it. */
  tail(bytes: number): number {
    return this.#ring.tail(bytes);
  }

  /** The lines from a position on, without those that the recorder holds back. */
  *lines(position = 0): Generator<PlacedLine, void> {
    this.#recordMessages();
    for (const { kind, at, bytes, next } of this.#ring.since(position)) {
      const line = decode(kind, bytes);
      if (line) yield { next, line: { at, ...line } };
    }
  }

  /** The lines that the recorder holds back, with a placeholder for what may be the beginning of a secret. */
  *heldLines(): Generator<RecordingLine, void> {
    for (const { kind, at, bytes } of this.#clean('cut')?.records ?? []) {
      const { buffer, byteOffset, length } = bytes;
      const line = decode(kind, Buffer.from(buffer, byteOffset, length));
      if (line) yield { at, ...line };
    }
  }

  #recordMessages(): void {
    const messages = this.#receivedMessages;
    if (messages === 0) return;
    this.#receivedMessages = 0;
    const word = this.#begin(MESSAGES, this.clock.recordTime, MESSAGES_BYTES);
    writeMessages(this.#words, word, this.#receivedLink, messages, this.#receivedBytes);
    this.#receivedBytes = 0;
  }

  #passed(direction: typeof HOST | typeof DEVICE, bytes: Uint8Array): void {
    this.#recordMessages();
    const at = this.clock.recordTime;
    if (this.#held.length === 0 && !this.#begun.has(direction)) {
      const { index } = this.secrets;
      if (nextStart(index, bytes, 0) === bytes.length) return this.#ring.push(direction, at, bytes);
      const { bytes: clean, begun } = redacted(index, bytes, 'goesOn');
      if (!begun) return this.#ring.push(direction, at, clean);
    }
    this.#held.push({ kind: direction, at, bytes: Uint8Array.from(bytes) });
    this.#release();
  }

  /** Begins a record, in the ring or behind the held ones. Returns the index of its first word in {@link #words}. */
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

  /** Moves the held records to the ring, unless they still end in the beginning of a secret. */
  #release(): void {
    const bytes = this.#held.reduce((sum, each) => sum + each.bytes.length, 0);
    const clean = this.#clean(bytes > MAX_HELD_BYTES ? 'cut' : 'goesOn');
    if (!clean) return;
    this.#held = [];
    this.#begun = clean.begun;
    for (const { kind, at, bytes } of clean.records) this.#ring.push(kind, at, bytes);
  }

  /** Returns the held records without secrets, and the secrets that they begin; nothing while a secret may go on. */
  #clean(end: End) {
    const cleaned = new Map<number, Uint8Array>();
    const begun = new Map<number, Uint8Array>();
    for (const direction of [HOST, DEVICE]) {
      const before = this.#begun.get(direction) ?? Buffer.alloc(0);
      const all = this.#held.filter(({ kind }) => kind === direction);
      const joined = Buffer.concat([before, ...all.map(({ bytes }) => bytes)]);
      const clean = redacted(this.secrets.index, joined, end);
      if (clean.begun && end === 'goesOn' && all.length > 0) return undefined;
      if (clean.begun) begun.set(direction, clean.begun);
      cleaned.set(direction, clean.bytes.subarray(before.length));
    }
    const used = new Map<number, number>();
    const records = this.#held.map((each) => {
      const from = used.get(each.kind) ?? 0;
      const bytes = cleaned.get(each.kind)?.subarray(from, from + each.bytes.length) ?? each.bytes;
      used.set(each.kind, from + each.bytes.length);
      return { ...each, bytes };
    });
    return { records, begun };
  }
}
