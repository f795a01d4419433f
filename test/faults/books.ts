import { EspAtError } from '../../driver/errors';
import type { LinkId } from '../../driver/at/frame';
import type { LinkEvent, Message } from '../../driver/link-types';
import type { Unknowable } from './hit';
import { labelOf, type Label } from './message';

/** A message that came out at the other end. */
export interface Arrival {
  readonly at: number;
  readonly link: LinkId;
  readonly opcode: number | undefined;
}

interface Entry {
  readonly label: Label;
  readonly opcode: number;
  /** When it was given away. */
  readonly at: number;
  readonly size: number;
  readonly arrivals: Arrival[];
  readonly unknowable: Set<Unknowable>;
}

/** A message from the host to the server. */
export interface OutEntry extends Entry {
  outcome: 'pending' | 'sent' | 'not-sent' | 'unknown';
  settledAt: number;
  /** The error's code. */
  code: string;
  /** How often it was settled. */
  settled: number;
}

/** A message from the server to the host, sent while the link was established. */
export interface InEntry extends Entry {
  /** Number of the server's connection. */
  readonly connection: number;
}

/** Something that came out and is none of the messages that went in. */
export interface Stray {
  readonly at: number;
  readonly link: LinkId;
  readonly bytes: Buffer;
}

/** What the driver said of a link, or of the device, and when. */
export interface Said {
  readonly at: number;
  /** Absent: the device as a whole. */
  readonly link: LinkId | undefined;
  readonly event: string;
  readonly detail: string;
}

/** Everything that went in and came out in a run. */
export class Books {
  readonly out = new Map<number, OutEntry>();
  readonly in = new Map<number, InEntry>();
  readonly straysAtServer: Stray[] = [];
  readonly straysAtHost: Stray[] = [];
  readonly said: Said[] = [];
  readonly #now: () => number;
  #number = 0;
  #pending = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Promises of sends that have not settled. */
  get pending(): number {
    return this.#pending;
  }

  next(): number {
    return ++this.#number;
  }

  /** The host gives a message away. */
  send(label: Label, opcode: number, size: number, promise: Promise<void>): OutEntry {
    const entry: OutEntry = {
      ...{ label, opcode, size, at: this.#now(), arrivals: [], unknowable: new Set() },
      ...{ outcome: 'pending', settledAt: 0, code: '', settled: 0 },
    };
    this.out.set(label.number, entry);
    this.#pending++;
    const settle = (outcome: OutEntry['outcome'], code: string) => {
      this.#pending--;
      entry.settled++;
      entry.settledAt = this.#now();
      entry.outcome = outcome;
      entry.code = code;
    };
    promise.then(
      () => settle('sent', ''),
      (error: unknown) => {
        if (!(error instanceof EspAtError)) settle('unknown', `no EspAtError: ${String(error)}`);
        else
          settle(
            error.outcome ?? 'unknown',
            error.outcome ? error.code : `${error.code} without outcome`,
          );
      },
    );
    return entry;
  }

  /** The server sends a message on a link that is established. */
  serve(label: Label, opcode: number, size: number, connection: number): InEntry {
    const entry: InEntry = {
      ...{ label, opcode, size, connection },
      ...{ at: this.#now(), arrivals: [], unknowable: new Set<Unknowable>() },
    };
    this.in.set(label.number, entry);
    return entry;
  }

  /** A message came to the server. */
  atServer(link: LinkId, opcode: number, bytes: Buffer, at: number): void {
    const label = labelOf(bytes);
    const entry = label?.way === 'out' ? this.out.get(label.number) : undefined;
    if (entry) entry.arrivals.push({ at, link, opcode });
    else this.straysAtServer.push({ at, link, bytes });
  }

  /** A message came to the host. */
  atHost({ link, opcode, bytes }: Message): void {
    const at = this.#now();
    const label = labelOf(bytes);
    const entry = label?.way === 'in' ? this.in.get(label.number) : undefined;
    if (entry) entry.arrivals.push({ at, link, opcode });
    else this.straysAtHost.push({ at, link, bytes: Buffer.from(bytes) });
  }

  /** The driver reports. */
  hear(event: string, detail = '', link?: LinkId): void {
    this.said.push({ at: this.#now(), link, event, detail });
  }

  hearLink({ link, event, error, state }: LinkEvent): void {
    this.hear(event, `${state}${error ? ` ${error.code}` : ''}`, link);
  }

  /** No host could know that a message was changed. */
  unknowable(label: Label, kind: Unknowable): void {
    const entry = label.way === 'out' ? this.out.get(label.number) : this.in.get(label.number);
    entry?.unknowable.add(kind);
  }

  find(label: Label): OutEntry | InEntry | undefined {
    return label.way === 'out' ? this.out.get(label.number) : this.in.get(label.number);
  }
}
