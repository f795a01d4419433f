import type { LinkId } from '../at/types';
import type { Clock } from '../clock';
import { CLOSE_OPCODE } from '../commands/wssend';
import { asEspAtError, EspAtError } from '../errors';
import type { SendOptions } from '../link/options';
import type { DriverLine, RecordingLine } from './lines';
import { RecordList, type CleanRecord, type PlacedLine } from './record-list';
import { redacted, type End } from './redact';
import type { SecretSet } from './secret-set';

/** Bytes that the recorder holds back, at most, until it knows whether they end in a secret. */
const MAX_HELD_BYTES = 65_536;
/** What a record without bytes counts. */
const HELD_LINE_BYTES = 16;

/** The side that wrote some bytes. */
type Direction = 'host' | 'device';

/** Keeps the newest bytes of the port, calls of the driver, events, and the number and bytes of messages, without secrets. */
export class Recorder {
  readonly #clock: Clock;
  protected readonly secrets: SecretSet;
  readonly #list: RecordList;
  /** Bytes that may begin a secret, and all records behind them; those without bytes of the port are already redacted. */
  #held: CleanRecord[] = [];
  /**
   * By direction: the beginning of a secret, already in the list as a placeholder because more than MAX_HELD_BYTES were held
   * back. Its rest may follow.
   */
  #begun: ReadonlyMap<Direction, string> = new Map();
  /** By link: the beginning of a secret at the end of its latest fragment. Its rest may follow in the next one. */
  readonly #begunInFragment = new Map<LinkId, Uint8Array>();
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
  }

  /** Records bytes that the driver writes, in one write. */
  wrote(bytes: Uint8Array): void {
    this.#passed('host', bytes);
  }

  /** Records a chunk from the device. Call {@link endTurn} once the driver has processed it. */
  received(bytes: Uint8Array): void {
    this.#turn = this.#clock.now();
    this.#passed('device', bytes);
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
    const bytes = latin1(
      this.#redactPayload(link, options, payload).subarray(0, this.#list.longest),
    );
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

  /** Returns the payload without secrets, and without the parts of one that fragments of a message cut. */
  #redactPayload(link: LinkId, { opcode = 1, fin }: SendOptions, payload: Uint8Array): Uint8Array {
    // A control frame is no part of a message: the rest of a secret may follow it.
    if (opcode >= CLOSE_OPCODE) return redacted(this.secrets.index, payload, 'complete').bytes;
    const before = this.#begunInFragment.get(link) ?? new Uint8Array();
    const joined = before.length > 0 ? Buffer.concat([before, payload]) : payload;
    const end = fin === false ? 'cut' : 'complete';
    const { bytes, begun } = redacted(this.secrets.index, joined, end);
    if (begun) this.#begunInFragment.set(link, begun);
    else this.#begunInFragment.delete(link);
    return bytes.subarray(before.length);
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

  /** Records anything else. Its texts may hold secrets. */
  line(line: DriverLine): void {
    const clean = JSON.stringify(line, (_, value: unknown) =>
      typeof value === 'string' ? this.secrets.redactText(value) : value,
    );
    this.#keep(JSON.parse(clean) as DriverLine, clean.length);
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
    return this.#list.since(position);
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

  #passed(direction: Direction, bytes: Uint8Array): void {
    this.#keepMessages();
    const at = this.#now;
    if (this.#held.length === 0 && !this.#begun.has(direction)) {
      const { bytes: clean, begun } = redacted(this.secrets.index, bytes, 'goesOn');
      if (!begun) return this.#list.push(portRecord(at, direction, latin1(clean)));
    }
    this.#held.push(portRecord(at, direction, latin1(bytes)));
    this.#release();
  }

  /** Keeps a line without secrets, behind what is held back. */
  #keep(line: DriverLine, bytes = 0): void {
    this.#keepMessages();
    const record = { line: { at: this.#now, ...line }, bytes };
    if (this.#held.length === 0) return this.#list.push(record);
    this.#held.push(record);
    // Otherwise only bytes of the port release what is held: none come while the port is away.
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

  /** Returns the held records without secrets, and the secrets that they begin; nothing while a secret may go on. */
  #clean(end: End) {
    const begun = new Map<Direction, string>();
    let records = this.#held;
    for (const direction of ['host', 'device'] as const) {
      const before = this.#begun.get(direction) ?? '';
      const said = records.flatMap((record) => textOf(record, direction) ?? []);
      const bytes = Buffer.from(before + said.join(''), 'latin1');
      const clean = redacted(this.secrets.index, bytes, end);
      if (clean.begun && end === 'goesOn' && said.length > 0) return undefined;
      if (clean.begun) begun.set(direction, latin1(clean.begun));
      let at = before.length;
      const text = latin1(clean.bytes);
      records = records.map((record) =>
        textOf(record, direction) === undefined
          ? record
          : portRecord(record.line.at, direction, text.slice(at, (at += record.bytes))),
      );
    }
    return { records, begun };
  }
}

function textOf({ line }: CleanRecord, direction: Direction): string | undefined {
  return (line as Partial<Record<Direction, string>>)[direction];
}

function portRecord(at: number, direction: Direction, text: string): CleanRecord {
  const line = direction === 'host' ? { at, host: text } : { at, device: text };
  return { line, bytes: text.length };
}

/** One character a byte. */
const latin1 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
