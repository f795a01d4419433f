import type { LinkId } from '../at/types';
import type { Clock } from '../clock';
import { asEspAtError, EspAtError } from '../errors';
import type { SendOptions } from '../link/options';
import type { DriverLine, PortBytesLine, RecordingLine } from './lines';
import { RecordList, type CleanRecord, type PlacedLine } from './record-list';
import { redacted, type End, type PatternIndex } from './redact';
import type { SecretSet } from './secret-set';
import { SentMessages } from './sent-messages';

/** Bytes that the recorder holds back, at most, until it knows whether they end in a secret. */
const MAX_HELD_BYTES = 65_536;
/** What a record without bytes counts. */
const HELD_LINE_BYTES = 16;

/**
 * Keys whose values are words of the driver, never a text of its user: they stay, though a secret may be the same word. A
 * replay needs them.
 */
const WORD_KEYS: ReadonlySet<string> = new Set([
  ...['to', 'port', 'snapshot', 'state', 'event', 'linkEvent', 'detail', 'error', 'outcome'],
  ...['by', 'negotiatedRate'],
]);

/** A write that is no part of a message. */
const COMMAND = /^AT[^\r\n]*\r\n$/;

/** Keeps the newest bytes of the port, calls of the driver, events, and the number and bytes of messages, without secrets. */
export class Recorder {
  readonly #clock: Clock;
  protected readonly secrets: SecretSet;
  readonly #list: RecordList;
  /** The secrets that no message in the list holds. */
  #messagesLack: PatternIndex;
  /** Bytes of the device that may begin a secret, and all records behind them; the others are already redacted. */
  #held: CleanRecord[] = [];
  /**
   * The beginning of a secret, already in the list as a placeholder because more than MAX_HELD_BYTES were held back. Its rest
   * may follow.
   */
  #begun = '';
  readonly #sent: SentMessages;
  #calls = 0;
  /** Time of the chunk that the driver processes: a replay takes the records of one time for one turn. */
  #turn: number | undefined;
  /** Messages of one link that the driver emitted since the last record. */
  #emitted: { messages: number; bytes: number; readonly link: LinkId } | undefined;

  /** @param capacity bytes of records */
  constructor(capacity: number, clock: Clock, secrets: SecretSet) {
    this.#list = new RecordList(capacity);
    this.#clock = clock;
    this.secrets = secrets;
    this.#messagesLack = secrets.index;
    this.#sent = new SentMessages(secrets);
  }

  /**
   * Records bytes that the driver writes, in one write: a line, or a payload. Only a message goes on in the next write.
   * @param bytes of a message: a view of the payload that {@link send} has got
   */
  wrote(bytes: Uint8Array): void {
    // A secret may be newer than a message that has waited.
    const part = this.#sent.cleanPart(bytes) ?? bytes;
    const clean = redacted(this.secrets.index, part, 'complete').bytes;
    this.#keep({ host: latin1(clean) }, clean.length);
  }

  /** Records a chunk from the device. Call {@link endTurn} once the driver has processed it. */
  received(bytes: Uint8Array): void {
    this.#turn = this.#clock.now();
    this.#keepMessages();
    if (this.#held.length === 0 && this.#begun === '') {
      const { bytes: clean, begun } = redacted(this.secrets.index, bytes, 'goesOn');
      if (!begun) return this.#list.push(deviceRecord(this.#turn, latin1(clean)));
    }
    this.#held.push(deviceRecord(this.#turn, latin1(bytes)));
    this.#release();
  }

  endTurn(): void {
    this.#turn = undefined;
  }

  /** Time of a record. */
  get #now(): number {
    return this.#turn ?? this.#clock.now();
  }

  protected nextCall(): number {
    return ++this.#calls;
  }

  /** Records a message that the user sends, and how `run`, which sends it, ends. */
  send<T>(link: LinkId, options: SendOptions, payload: Uint8Array, run: () => Promise<T>) {
    const { opcode, fin, timeoutMs, holdMs, signal } = options;
    const call = this.nextCall();
    const bytes = latin1(this.#sent.add(link, options, payload).subarray(0, this.#list.longest));
    const cut = payload.length - bytes.length;
    const line = {
      call,
      to: 'send',
      link,
      options: { opcode, fin, timeoutMs, holdMs },
      bytes,
      ...(cut > 0 && { cut }),
    } as const;
    this.#keep(line, bytes.length);
    return this.recordEnd(call, run, signal);
  }

  /** Runs a call, and records its end, and that its user has aborted it. */
  protected async recordEnd<T>(call: number, run: () => Promise<T>, signal?: AbortSignal) {
    const abort = () => this.line({ abort: call });
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const result = await run();
      this.#keep({ settled: call });
      return result;
    } catch (reason) {
      const isAborted = signal?.aborted === true && reason === signal.reason;
      const { code, outcome } = isAborted ? new EspAtError('ABORTED') : asEspAtError(reason);
      this.line({ settled: call, error: code, outcome });
      throw reason;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Counts a message that a link emits. @param bytes of the message */
  message(link: LinkId, bytes: number): void {
    if (this.#emitted?.link !== link) this.#keepMessages();
    this.#emitted ??= { messages: 0, bytes: 0, link };
    this.#emitted.messages++;
    this.#emitted.bytes += bytes;
  }

  /** Records anything else. Its texts may hold secrets, apart from words of the driver. */
  line(line: DriverLine): void {
    const json = this.#cleanJson(line);
    this.#keep(JSON.parse(json) as DriverLine, json.length);
  }

  /** Returns a copy whose texts hold no secret. */
  protected clean<T>(value: T): T {
    return JSON.parse(this.#cleanJson(value)) as T;
  }

  #cleanJson(value: unknown): string {
    return JSON.stringify(value, (key, each: unknown) =>
      typeof each === 'string' && !WORD_KEYS.has(key) ? this.secrets.redactText(each) : each,
    );
  }

  /** Position behind the newest record, for {@link lines}. */
  get end(): number {
    return this.#list.end;
  }

  /** Position of the oldest record; 0 while all are there. */
  get start(): number {
    return this.#list.start;
  }

  /** Position of the oldest record from which at most so many bytes follow, its own included. */
  tail(bytes: number): number {
    return this.#list.tail(bytes);
  }

  /** The lines from a position on, without those that the recorder holds back. */
  lines(position = 0): readonly PlacedLine[] {
    this.#keepMessages();
    const { index } = this.secrets;
    if (index !== this.#messagesLack)
      this.#list.replaceLines((line) => this.#withoutNewerSecrets(line));
    this.#messagesLack = index;
    return this.#list.since(position);
  }

  /**
   * Replaces secrets that came after the record of a message, as while it waited for its link: in the call and in what the
   * driver wrote, so that a replay writes the same. In commands they stay, as in the options that a replay gets.
   */
  #withoutNewerSecrets(line: RecordingLine): RecordingLine {
    const clean = (text: string) =>
      latin1(redacted(this.secrets.index, Buffer.from(text, 'latin1'), 'complete').bytes);
    if ('to' in line && line.to === 'send') return { ...line, bytes: clean(line.bytes) };
    if ('host' in line && !COMMAND.test(line.host)) return { ...line, host: clean(line.host) };
    return line;
  }

  /** The lines that the recorder holds back, with a placeholder for what may be the beginning of a secret. */
  heldLines(): RecordingLine[] {
    return this.#clean('cut')?.records.map(({ line }) => line) ?? [];
  }

  #keepMessages(): void {
    const line = this.#emitted;
    this.#emitted = undefined;
    if (line) this.#keep(line);
  }

  /** Keeps a line without secrets, behind what is held back. */
  #keep(line: DriverLine | PortBytesLine, bytes = 0): void {
    this.#keepMessages();
    const record = { line: { at: this.#now, ...line }, bytes };
    if (this.#held.length === 0) return this.#list.push(record);
    this.#held.push(record);
    // Otherwise only bytes of the device release what is held: none come while the port is away.
    if (this.#isFull) this.#release();
  }

  get #isFull(): boolean {
    const bytes = this.#held.reduce((sum, each) => sum + (each.bytes || HELD_LINE_BYTES), 0);
    return bytes > MAX_HELD_BYTES;
  }

  /** Moves the held records to the list, unless they still end in the beginning of a secret. */
  #release(): void {
    const clean = this.#clean(this.#isFull ? 'cut' : 'goesOn');
    if (!clean) return;
    this.#held = [];
    this.#begun = clean.begun;
    for (const each of clean.records) this.#list.push(each);
  }

  /** Returns the held records without secrets, and the secret that they begin; nothing while a secret may go on. */
  #clean(end: End) {
    const said = this.#held.flatMap(({ line }) => ('device' in line ? line.device : []));
    const bytes = Buffer.from(this.#begun + said.join(''), 'latin1');
    const clean = redacted(this.secrets.index, bytes, end);
    if (clean.begun && end === 'goesOn') return undefined;
    const text = latin1(clean.bytes);
    let at = this.#begun.length;
    const records = this.#held.map((record) =>
      'device' in record.line
        ? deviceRecord(record.line.at, text.slice(at, (at += record.bytes)))
        : { ...record, line: this.#withoutNewerSecrets(record.line) },
    );
    return { records, begun: clean.begun ? latin1(clean.begun) : '' };
  }
}

function deviceRecord(at: number, device: string): CleanRecord {
  return { line: { at, device }, bytes: device.length };
}

/** One character a byte. */
const latin1 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
