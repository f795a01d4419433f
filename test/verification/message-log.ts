import { createHash } from 'node:crypto';
import type { LinkId } from '../../driver/at/types';
import { EspAtError } from '../../driver/errors';
import type { Message } from '../../driver/link/events';
import type { Undetectable } from './faults/invariants/undetectable';

/** A message that arrived whole at the other end. */
export interface Arrival {
  readonly at: number;
  /** See {@link LoggedEvent.order}. */
  readonly order: number;
  readonly link: LinkId;
  readonly opcode: number | undefined;
  /** Number of the server's connection that carried it; -1 for messages to the host. */
  readonly connection: number;
}

interface Entry {
  /** Its name in violations. */
  readonly name: string;
  readonly link: LinkId;
  readonly payload: Buffer;
  readonly opcode: number;
  /** When it was sent. */
  readonly at: number;
  /** See {@link LoggedEvent.order}. */
  readonly order: number;
  readonly arrivals: Arrival[];
  readonly undetectable: Set<Undetectable>;
}

export type SendOutcome = 'pending' | 'sent' | 'not-sent' | 'unknown';

/** A message from the host to the server. */
export interface OutEntry extends Entry {
  outcome: SendOutcome;
  settledAt: number;
  /** The error's code, or a text that begins with {@link UNDOCUMENTED_ERROR}. */
  code: string;
  /** When its first payload byte was written. */
  payloadAt: number | undefined;
}

/** A message from the server to the host, sent while the link was established. */
export interface InEntry extends Entry {
  readonly connection: number;
}

/** An arrival that equals no sent message. */
export interface Unmatched {
  readonly at: number;
  readonly link: LinkId;
  readonly bytes: Buffer;
}

/** A connection of the server. */
export interface ServerConnection {
  readonly number: number;
  readonly link: LinkId;
  readonly acceptedAt: number;
  /** See {@link LoggedEvent.order}. */
  readonly order: number;
  goneAt: number | undefined;
}

/** An event of a link, or of the device. */
export interface LoggedEvent {
  readonly at: number;
  /** Its number among all messages, arrivals and events of the run: times may be equal. */
  readonly order: number;
  /** Absent: the device as a whole. */
  readonly link: LinkId | undefined;
  readonly event: string;
}

/** Counts of empty messages, which have no identity. */
interface EmptyMessages {
  sent: number;
  unknown: number;
  arrived: number;
}

const CONTINUATION = 0;

const byLink = <T>(make: () => T): readonly [T, T, T] => [make(), make(), make()];

/** A request to the driver other than a message. */
export interface Request {
  readonly name: string;
  /** `pending`, `done`, or the code of its error. */
  result: string;
}

/** Every message, request, connection and event of a run. The payloads of one direction must differ. */
export class MessageLog {
  readonly out: OutEntry[] = [];
  readonly in: InEntry[] = [];
  readonly unmatchedAtServer: Unmatched[] = [];
  readonly unmatchedAtHost: Unmatched[] = [];
  readonly connections: ServerConnection[] = [];
  readonly events: LoggedEvent[] = [];
  readonly emptyMessages = byLink<EmptyMessages>(() => ({ sent: 0, unknown: 0, arrived: 0 }));
  readonly requests: Request[] = [];
  /** Called after every entry. */
  onChange: () => void = () => undefined;
  readonly #now: () => number;
  /** By payload. */
  readonly #sent = new Map<string, OutEntry>();
  readonly #served = new Map<string, InEntry>();
  readonly #unsettledSends = new Set<OutEntry>();
  #unsettled = 0;
  #order = 0;
  #stopping = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  get now(): number {
    return this.#now();
  }

  /** Count of promises that have not settled. */
  get pending(): number {
    return this.#unsettled;
  }

  /** Messages to the server without an outcome. */
  get pendingSends(): ReadonlySet<OutEntry> {
    return this.#unsettledSends;
  }

  /** Call when the host sends a message. */
  send(link: LinkId, opcode: number, payload: Buffer, promise: Promise<void>): OutEntry {
    const entry: OutEntry = {
      ...this.#entry(`message ${this.out.length + 1} to the server`, link, opcode, payload),
      outcome: 'pending',
      settledAt: 0,
      code: '',
      payloadAt: undefined,
    };
    this.out.push(entry);
    this.#sent.set(keyOf(payload), entry);
    this.#unsettledSends.add(entry);
    this.#settling(promise, (error) => {
      this.#unsettledSends.delete(entry);
      entry.settledAt = this.#now();
      entry.outcome = outcomeOf(error);
      entry.code = error === undefined ? '' : codeOf(error, true);
    });
    return entry;
  }

  /** Call when the host sends an empty message. */
  sendEmpty(link: LinkId, promise: Promise<void>): void {
    this.#settling(promise, (error) => {
      const outcome = outcomeOf(error);
      if (outcome === 'sent') this.emptyMessages[link].sent++;
      else if (outcome === 'unknown') this.emptyMessages[link].unknown++;
    });
  }

  /** Call with any other request to the driver. */
  request(name: string, promise: Promise<unknown>): Promise<void> {
    const request: Request = { name, result: 'pending' };
    this.requests.push(request);
    return this.#settling(promise, (error) => {
      request.result = error === undefined ? 'done' : codeOf(error, false);
    });
  }

  /** Call when the server sends a message on an established link. */
  serve(link: LinkId, opcode: number, payload: Buffer, connection: number): InEntry {
    const name = `message ${this.in.length + 1} to the host`;
    const entry: InEntry = { ...this.#entry(name, link, opcode, payload), connection };
    this.in.push(entry);
    this.#served.set(keyOf(payload), entry);
    return entry;
  }

  accept(link: LinkId): ServerConnection {
    const number = this.connections.length;
    const connection = {
      number,
      link,
      acceptedAt: this.#now(),
      order: this.#order++,
      goneAt: undefined,
    };
    this.connections.push(connection);
    return connection;
  }

  /** Call when a message arrives at the server. A continuation ends a message that began on another connection. */
  atServer({ number, link }: ServerConnection, opcode: number, bytes: Buffer): void {
    const at = this.#now();
    const entry = this.#sent.get(keyOf(bytes));
    if (entry) entry.arrivals.push({ at, order: this.#order++, link, opcode, connection: number });
    else if (bytes.length === 0 && opcode !== CONTINUATION) this.emptyMessages[link].arrived++;
    else this.unmatchedAtServer.push({ at, link, bytes });
    this.onChange();
  }

  /** Call when a message arrives at the host. */
  atHost({ link, opcode, bytes }: Pick<Message, 'link' | 'opcode' | 'bytes'>): void {
    const at = this.#now();
    const entry = this.#served.get(keyOf(bytes));
    if (entry) entry.arrivals.push({ at, order: this.#order++, link, opcode, connection: -1 });
    else if (bytes.length > 0) this.unmatchedAtHost.push({ at, link, bytes: Buffer.from(bytes) });
    this.onChange();
  }

  /** Call before the driver is stopped: the ends of links that follow report no loss. */
  stopping(): void {
    this.#stopping = true;
  }

  /** Call when the driver emits an event. */
  event(event: string, link?: LinkId): void {
    if (this.#stopping) return;
    this.events.push({ at: this.#now(), order: this.#order++, link, event });
    this.onChange();
  }

  #entry(name: string, link: LinkId, opcode: number, payload: Buffer): Entry {
    const [at, order] = [this.#now(), this.#order++];
    return { name, link, opcode, payload, at, order, arrivals: [], undetectable: new Set() };
  }

  #settling(promise: Promise<unknown>, settle: (error: unknown) => void): Promise<void> {
    this.#unsettled++;
    const settled = (error: unknown) => {
      this.#unsettled--;
      settle(error);
      this.onChange();
    };
    return promise.then(
      () => settled(undefined),
      (error: unknown) => settled(error ?? new Error('rejected without an error')),
    );
  }
}

const keyOf = (payload: Buffer): string => createHash('sha1').update(payload).digest('base64');

function outcomeOf(error: unknown): SendOutcome {
  if (error === undefined) return 'sent';
  return error instanceof EspAtError ? (error.outcome ?? 'unknown') : 'unknown';
}

/** Begins the code of an error that is not an {@link EspAtError} as the API documents it. */
export const UNDOCUMENTED_ERROR = 'undocumented error: ';

function codeOf(error: unknown, ofSend: boolean): string {
  if (!(error instanceof EspAtError)) return `${UNDOCUMENTED_ERROR}no EspAtError, ${String(error)}`;
  if (ofSend && error.outcome === undefined)
    return `${UNDOCUMENTED_ERROR}${error.code} without outcome`;
  return error.code;
}

export function entryText({ name, link, at, payload }: OutEntry | InEntry): string {
  return `${name} (link ${link}, ${payload.length} bytes, at ${at.toFixed(1)})`;
}

export function unmatchedText({ at, link, bytes }: Unmatched): string {
  const start = JSON.stringify(bytes.subarray(0, 40).toString('latin1'));
  return `an unknown message (link ${link}, ${bytes.length} bytes, at ${at.toFixed(1)}, ${start})`;
}
