import { EspAtError } from '../../../driver/errors';
import type { LinkId } from '../../../driver/at/types';
import type { Message } from '../../../driver/link/events';
import { labelOf, type Label } from './message';
import type { Undetectable } from './undetectable';

/** A message that arrived whole at the other end. */
export interface Arrival {
  readonly at: number;
  readonly link: LinkId;
  readonly opcode: number | undefined;
  /** The server's connection it came over; of messages to the server only. */
  readonly connection: number;
}

interface Entry {
  readonly label: Label;
  readonly payload: Buffer;
  readonly opcode: number;
  /** When it was sent. */
  readonly at: number;
  readonly arrivals: Arrival[];
  readonly undetectable: Set<Undetectable>;
}

export type Outcome = 'pending' | 'sent' | 'not-sent' | 'unknown';

/** A message from the host to the server. */
export interface OutEntry extends Entry {
  outcome: Outcome;
  settledAt: number;
  /** The error's code, or what is wrong with the error. */
  code: string;
  /** When its first payload byte was written. */
  payloadAt: number | undefined;
}

/** A message from the server to the host, sent while the link was established. */
export interface InEntry extends Entry {
  readonly connection: number;
}

/** Something that arrived and equals no message that was sent. */
export interface Unmatched {
  readonly at: number;
  readonly link: LinkId;
  readonly bytes: Buffer;
}

/** A connection as the server saw it. */
export interface ServerConnection {
  readonly number: number;
  readonly link: LinkId;
  readonly acceptedAt: number;
  goneAt: number | undefined;
}

/** An event of a link, or of the device. */
export interface LoggedEvent {
  readonly at: number;
  /** Absent: the device as a whole. */
  readonly link: LinkId | undefined;
  readonly event: string;
}

/** Counts of messages without a byte, which carry no number. */
export interface EmptyMessages {
  sent: number;
  unknown: number;
  arrived: number;
}

const CONTINUATION = 0;

const byLink = <T>(make: () => T): readonly [T, T, T] => [make(), make(), make()];

/** Every message, request, connection and event of a run. */
export class MessageLog {
  readonly out: OutEntry[] = [];
  readonly in: InEntry[] = [];
  readonly unmatchedAtServer: Unmatched[] = [];
  readonly unmatchedAtHost: Unmatched[] = [];
  readonly connections: ServerConnection[] = [];
  readonly events: LoggedEvent[] = [];
  readonly emptyMessages = byLink<EmptyMessages>(() => ({ sent: 0, unknown: 0, arrived: 0 }));
  /** Counts of requests other than messages, by request and result. */
  readonly requests = new Map<string, number>();
  /** Called after every entry. */
  onChange: () => void = () => undefined;
  readonly #now: () => number;
  readonly #numbers = new Map<number, OutEntry | InEntry>();
  readonly #pending = new Set<OutEntry>();
  #number = 0;
  #open = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get now(): number {
    return this.#now();
  }

  /** Promises that have not settled. */
  get pending(): number {
    return this.#open;
  }

  /** Messages to the server whose outcome is open. */
  get pendingSends(): ReadonlySet<OutEntry> {
    return this.#pending;
  }

  next(): number {
    return ++this.#number;
  }

  /** The host sends a message. */
  send(label: Label, opcode: number, payload: Buffer, promise: Promise<void>): OutEntry {
    const entry: OutEntry = {
      ...{ label, opcode, payload, at: this.#now(), arrivals: [], undetectable: new Set() },
      ...{ outcome: 'pending', settledAt: 0, code: '', payloadAt: undefined },
    };
    this.out.push(entry);
    this.#numbers.set(label.number, entry);
    this.#pending.add(entry);
    this.#settling(promise, (error) => {
      this.#pending.delete(entry);
      entry.settledAt = this.#now();
      entry.outcome = outcomeOf(error);
      entry.code = error === undefined ? '' : codeOf(error, true);
    });
    return entry;
  }

  /** The host sends an empty message. */
  sendEmpty(link: LinkId, promise: Promise<void>): void {
    this.#settling(promise, (error) => {
      const outcome = outcomeOf(error);
      if (outcome === 'sent') this.emptyMessages[link].sent++;
      else if (outcome === 'unknown') this.emptyMessages[link].unknown++;
    });
  }

  /** Any other request to the driver. */
  request(name: string, promise: Promise<unknown>): Promise<void> {
    return this.#settling(promise, (error) => {
      const key = `${name}: ${error === undefined ? 'done' : codeOf(error, false)}`;
      this.requests.set(key, (this.requests.get(key) ?? 0) + 1);
    });
  }

  /** The server sends a message on a link that is established. */
  serve(label: Label, opcode: number, payload: Buffer, connection: number): InEntry {
    const entry: InEntry = {
      ...{ label, opcode, payload, connection },
      ...{ at: this.#now(), arrivals: [], undetectable: new Set<Undetectable>() },
    };
    this.in.push(entry);
    this.#numbers.set(label.number, entry);
    return entry;
  }

  accept(link: LinkId): ServerConnection {
    const number = this.connections.length;
    const connection = { number, link, acceptedAt: this.#now(), goneAt: undefined };
    this.connections.push(connection);
    return connection;
  }

  /** A message arrived at the server; a continuation is the end of one that began on another connection. */
  atServer({ number, link }: ServerConnection, opcode: number, bytes: Buffer): void {
    const at = this.#now();
    const entry = this.#find(bytes, 'out');
    if (entry) entry.arrivals.push({ at, link, opcode, connection: number });
    else if (bytes.length === 0 && opcode !== CONTINUATION) this.emptyMessages[link].arrived++;
    else this.unmatchedAtServer.push({ at, link, bytes });
    this.onChange();
  }

  /** A message arrived at the host. */
  atHost({ link, opcode, bytes }: Message): void {
    const at = this.#now();
    const entry = this.#find(bytes, 'in');
    if (entry) entry.arrivals.push({ at, link, opcode, connection: -1 });
    else if (bytes.length > 0) this.unmatchedAtHost.push({ at, link, bytes: Buffer.from(bytes) });
    this.onChange();
  }

  /** The driver emits an event. */
  event(event: string, link?: LinkId): void {
    this.events.push({ at: this.#now(), link, event });
    this.onChange();
  }

  #find(bytes: Buffer, way: Label['way']): OutEntry | InEntry | undefined {
    const label = labelOf(bytes);
    return label?.way === way ? this.#numbers.get(label.number) : undefined;
  }

  #settling(promise: Promise<unknown>, settle: (error: unknown) => void): Promise<void> {
    this.#open++;
    const settled = (error: unknown) => {
      this.#open--;
      settle(error);
      this.onChange();
    };
    return promise.then(
      () => settled(undefined),
      (error: unknown) => settled(error ?? new Error('rejected with nothing')),
    );
  }
}

function outcomeOf(error: unknown): Outcome {
  if (error === undefined) return 'sent';
  return error instanceof EspAtError ? (error.outcome ?? 'unknown') : 'unknown';
}

/** Marks errors that violate the contract on errors. */
export const BROKEN = 'broken promise: ';

function codeOf(error: unknown, ofSend: boolean): string {
  if (!(error instanceof EspAtError)) return `${BROKEN}no EspAtError, ${String(error)}`;
  if (ofSend && error.outcome === undefined) return `${BROKEN}${error.code} without outcome`;
  return error.code;
}
