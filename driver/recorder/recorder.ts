import type { LinkId } from '../at/types';
import type { Clock } from '../clock';
import type { SendOptions } from '../link/options';
import type { DriverLine, RecordingLine } from './lines';
import {
  decode,
  DEVICE,
  encodeMessages,
  encodeSend,
  encodeSent,
  HOST,
  LINE,
  MESSAGES,
  SEND,
  SENT,
} from './record-codec';
import { redacted, type End } from './redact';
import { RecordRing } from './record-ring';
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
  readonly #clock: Clock;
  readonly #secrets: SecretSet;
  readonly #ring: RecordRing;
  #held: Held[] = [];
  #calls = 0;
  /** Received messages that are in no record yet. */
  #received = { link: 0 as LinkId, messages: 0, bytes: 0 };

  /** @param capacity bytes of memory */
  constructor(capacity: number, clock: Clock, secrets: SecretSet) {
    this.#ring = new RecordRing(capacity);
    this.#clock = clock;
    this.#secrets = secrets;
  }

  /** The driver wrote bytes, in one write. */
  wrote(bytes: Uint8Array): void {
    this.#passed(HOST, bytes);
  }

  /** Bytes came from the device. */
  received(bytes: Uint8Array): void {
    this.#passed(DEVICE, bytes);
  }

  /** A number for a call. */
  nextCall(): number {
    return ++this.#calls;
  }

  /** A message was given to a link; returns the number of the call. */
  send(link: LinkId, options: Omit<SendOptions, 'signal'>, bytes: Uint8Array): number {
    const call = this.nextCall();
    this.#push(SEND, encodeSend(call, link, options, this.#secrets.redactBytes(bytes)));
    return call;
  }

  /** A send succeeded. */
  sent(call: number): void {
    this.#push(SENT, encodeSent(call));
  }

  /** The driver emitted a message. */
  message(link: LinkId, bytes: number): void {
    if (this.#received.link !== link) this.#recordMessages();
    const { messages, bytes: before } = this.#received;
    this.#received = { link, messages: messages + 1, bytes: before + bytes };
  }

  /** Anything else happened. Its texts may hold secrets. */
  line(line: DriverLine): void {
    this.#push(LINE, this.#secrets.redactBytes(Buffer.from(JSON.stringify(line))));
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
    for (const { kind, at, bytes } of this.#clean('cut')) yield { at, ...decode(kind, bytes) };
  }

  #recordMessages(): void {
    const { link, messages, bytes } = this.#received;
    if (messages === 0) return;
    this.#received = { link, messages: 0, bytes: 0 };
    this.#push(MESSAGES, encodeMessages(link, messages, bytes));
  }

  #passed(direction: typeof HOST | typeof DEVICE, bytes: Uint8Array): void {
    this.#recordMessages();
    if (this.#held.length === 0) {
      const { bytes: clean, isCut } = redacted(this.#secrets.index, bytes, 'goesOn');
      if (!isCut) return this.#ring.push(direction, this.#clock.now(), clean);
    }
    this.#held.push({ kind: direction, at: this.#clock.now(), bytes: Uint8Array.from(bytes) });
    this.#release();
  }

  #push(kind: number, bytes: Uint8Array): void {
    if (kind !== MESSAGES) this.#recordMessages();
    if (this.#held.length === 0) this.#ring.push(kind, this.#clock.now(), bytes);
    else this.#held.push({ kind, at: this.#clock.now(), bytes });
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
