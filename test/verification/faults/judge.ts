import { BROKEN, type Books, type InEntry, type OutEntry, type Stray } from './books';
import { isAlone, PORT_BUSY, type Strike } from './campaign';
import type { Unknowable } from './unknowable';
import type { Witness } from './witness';

/** What was found in the books of a run. */
export interface Verdict {
  /** What must never be; each with what is needed to look into it. */
  readonly violations: readonly string[];
  /** What no host could know, by kind. */
  readonly unknowable: ReadonlyMap<Unknowable, number>;
}

/** Milliseconds that working again may take: after a restart, after replugging, after lost bytes at a prompt. */
const RESTART = 2000;
const REPLUG = 3000;
/** What more a restart may take whose `ready` was taken for the rest of data that it cut off. */
const UNHEARD = 4000;
const PROMPT = 15_000;
/** After anything else: pings find a dead link after 12 s, the device reconnects 15 s later, then the host asks. */
const ANYTHING = 90_000;

/** Bytes that noise or a damaged line leave in a prompt beside what fills it. */
const NOISE = 60;

const EOL = Buffer.from('\r\n');

const endings = new Set([
  ...['lost', 'closed-by-server', 'closing', 'closed', 'failed', 'device-lost', 'gap'],
  ...['reopened', 'opened'],
]);

/** What a stage needs by itself, in milliseconds. */
export interface Times {
  /** From power-up to an address. */
  readonly bootAndJoin: number;
  /** The 16 kB of a data prompt on the line. */
  readonly filling: number;
}

/** Goes through the books of a run that is over. */
export class Judge {
  readonly #books: Books;
  readonly #witness: Witness;
  readonly #strikes: readonly Strike[];
  readonly #violations: string[] = [];
  readonly #unknowable = new Map<Unknowable, number>();
  /** Messages that account for something that is none of the messages. */
  readonly #spent = new Set<OutEntry | InEntry>();

  constructor(books: Books, witness: Witness, strikes: readonly Strike[]) {
    this.#books = books;
    this.#witness = witness;
    this.#strikes = strikes;
  }

  judge(times: Times): Verdict {
    this.#judgeStrays();
    for (const entry of this.#books.out) this.#judgeSend(entry);
    this.#judgeReceived();
    this.#judgeBlanks();
    for (const { line, entry } of this.#witness.smuggled) {
      if (entry && this.#during(entry)) this.#count('payload as commands');
      else this.#broken(`the device took ${line}, which nobody wrote`);
    }
    for (const strike of this.#strikes) this.#judgeRecovery(strike, times);
    for (const request of this.#books.requests.keys()) {
      if (request.includes(BROKEN)) this.#broken(request);
    }
    if (this.#books.pending > 0) this.#broken(`${this.#books.pending} promises have not settled`);
    return { violations: this.#violations, unknowable: this.#unknowable };
  }

  // --- to the server -------------------------------------------------------------------------------

  #judgeSend(entry: OutEntry): void {
    const { outcome, code, arrivals, label, opcode } = entry;
    const marked = entry.unknowable.size > 0;
    if (code.startsWith(BROKEN)) this.#broken(`${describe(entry)}: ${code}`);
    if (outcome === 'pending') this.#broken(`${describe(entry)} has not settled`);
    if (arrivals.length > 1) this.#broken(`${describe(entry)} arrived ${arrivals.length} times`);
    const [arrival] = arrivals;
    if (arrival && (arrival.link !== label.link || arrival.opcode !== opcode)) {
      if (marked) this.#mark(entry);
      else this.#broken(`${describe(entry)} arrived on ${arrival.link} as ${arrival.opcode}`);
    }
    if (arrival && outcome === 'not-sent')
      this.#broken(`${describe(entry)} was not sent, but arrived at ${arrival.at}`);
    if (!arrival && outcome === 'sent' && !this.#spent.has(entry)) {
      if (this.#wasCutOff(entry)) this.#count('after SEND OK');
      else if (marked) this.#mark(entry);
      else this.#broken(`${describe(entry)} was sent, but did not arrive`);
    }
    if (outcome === 'unknown' && !this.#during(entry) && !this.#wasClosed(entry))
      this.#broken(`${describe(entry)} is unknown though no fault was at work`);
  }

  /**
   * Whether a connection it may have gone over ended with nothing behind it having arrived. The device may
   * not have heard of an end that came before.
   */
  #wasCutOff(entry: OutEntry): boolean {
    const possible = this.#books.connections.filter(
      ({ link, acceptedAt }) => link === entry.label.link && acceptedAt <= entry.settledAt,
    );
    return possible.some(
      ({ number, link, goneAt }) =>
        goneAt !== undefined &&
        (goneAt >= entry.at || number === possible.at(-1)?.number) &&
        !this.#books.out.some(
          (later) =>
            later.label.link === link &&
            later.at > entry.settledAt &&
            later.arrivals.some(({ connection }) => connection === number),
        ),
    );
  }

  /** Whether a fault was at work between its first payload byte and its end. */
  #during({ at, payloadAt = at, settledAt }: OutEntry): boolean {
    return this.#strikes.some(
      ({ from, gone, recovered = Infinity }) =>
        from <= settledAt && Math.max(gone, recovered) >= payloadAt,
    );
  }

  /** Whether the flow closed the link under it. */
  #wasClosed({ label, at, settledAt }: OutEntry): boolean {
    return this.#books.said.some(
      (said) =>
        said.link === label.link &&
        said.event === 'closing' &&
        said.at >= at &&
        said.at <= settledAt,
    );
  }

  // --- to the host ---------------------------------------------------------------------------------

  /** TCP keeps the order: what is missing between two that arrived must have been reported in between. */
  #judgeReceived(): void {
    const byConnection = new Map<number, InEntry[]>();
    for (const entry of this.#books.in) {
      const entries = byConnection.get(entry.connection) ?? [];
      byConnection.set(entry.connection, [...entries, entry]);
    }
    for (const entries of byConnection.values()) this.#judgeConnection(entries);
  }

  #judgeConnection(entries: readonly InEntry[]): void {
    let before = this.#books.connections[entries[0]?.connection ?? 0]?.acceptedAt ?? 0;
    let missing: InEntry[] = [];
    for (const entry of entries) {
      const [arrival] = entry.arrivals;
      if (!arrival) {
        missing.push(entry);
        continue;
      }
      if (entry.arrivals.length > 1)
        this.#broken(`${describe(entry)} arrived ${entry.arrivals.length} times`);
      if (arrival.at < before) this.#broken(`${describe(entry)} arrived out of order`);
      const opcode = arrival.opcode ?? entry.opcode;
      if (arrival.link !== entry.label.link || opcode !== entry.opcode) {
        if (entry.unknowable.size > 0) this.#mark(entry);
        else this.#broken(`${describe(entry)} arrived on ${arrival.link} as ${opcode}`);
      }
      this.#judgeMissing(missing, before, arrival.at);
      missing = [];
      before = arrival.at;
    }
    this.#judgeMissing(missing, before, Infinity);
  }

  #judgeMissing(missing: readonly InEntry[], from: number, to: number): void {
    for (const entry of missing) {
      const { link } = entry.label;
      const reported = this.#books.said.some(
        (said) => said.link === link && said.at >= from && said.at <= to && endings.has(said.event),
      );
      if (reported || this.#spent.has(entry)) continue;
      if (entry.unknowable.size > 0) this.#mark(entry);
      else if (this.#witness.misreported.some((at) => at >= from && at <= to))
        this.#count('report digit');
      else
        this.#broken(
          `${describe(entry)} was lost, and nothing was reported from ${Math.round(from)} to ${Math.round(to)}`,
        );
    }
  }

  // --- what is none of the messages ----------------------------------------------------------------

  /** Each must be one message that was damaged, and no message accounts for two. */
  #judgeStrays(): void {
    const { straysAtServer, straysAtHost, out } = this.#books;
    for (const stray of straysAtServer) {
      const damaged = out.find(
        (entry) =>
          !this.#spent.has(entry) &&
          entry.arrivals.length === 0 &&
          entry.at <= stray.at &&
          (entry.outcome === 'unknown' ? entry.label.link === stray.link : false),
      );
      const marked = out.find((entry) => this.#accountsFor(entry, stray));
      const entry = marked ?? damaged;
      if (!entry && this.#isFilling(stray)) continue;
      if (!entry) this.#broken(`${describeStray(stray)} arrived at the server`);
      else this.#spend(entry, entry.outcome === 'sent');
    }
    for (const stray of straysAtHost) this.#judgeStrayAtHost(stray);
  }

  /** A prompt whose payload was not risked, filled up to get back in step; its link was closed, and said so. */
  #isFilling({ at, link, bytes }: Stray): boolean {
    const rest = bytes.toString('latin1').replace(/\r|\n|AT\+[A-Z]+\?\r\n/g, '');
    if (rest.length > NOISE && !this.#wasGarbled(at)) return false;
    return this.#books.said.some(
      (said) => said.link === link && endings.has(said.event) && Math.abs(said.at - at) < PROMPT,
    );
  }

  /** Whether the two ends disagreed about the rate then, or had a moment before. */
  #wasGarbled(at: number): boolean {
    return this.#strikes.some(
      ({ names, from, gone, recovered = Infinity }) =>
        names.includes('wrong-rate') && from <= at && Math.max(gone, recovered) >= at,
    );
  }

  #judgeStrayAtHost(stray: Stray): void {
    const marked = this.#books.in.filter((each) => this.#accountsFor(each, stray));
    const entry = marked.findLast(({ payload }) => isLike(payload, stray.bytes)) ?? marked.at(-1);
    if (!entry) {
      const follower = this.#follower(stray);
      if (follower) {
        this.#spent.add(follower);
        this.#count('made up for');
      } else {
        this.#broken(`${describeStray(stray)} arrived at the host`);
      }
      return;
    }
    this.#spend(entry, true);
    // Where the boundaries are lost as well, others came along.
    for (const each of this.#books.in) {
      if (each.arrivals.length === 0 && stray.bytes.includes(each.payload)) this.#spent.add(each);
    }
  }

  /** The message behind one whose data took the line end behind it: it has that in front, where no boundaries show. */
  #follower({ link, bytes }: Stray): InEntry | undefined {
    const entries = this.#books.in.filter(({ label }) => label.link === link);
    const index = entries.findIndex(
      (entry) => entry.arrivals.length === 0 && bytes.equals(Buffer.concat([EOL, entry.payload])),
    );
    return entries[index - 1]?.unknowable.has('made up for') ? entries[index] : undefined;
  }

  #accountsFor(entry: OutEntry | InEntry, stray: Stray): boolean {
    return (
      entry.unknowable.size > 0 &&
      entry.arrivals.length === 0 &&
      entry.at <= stray.at &&
      !this.#spent.has(entry)
    );
  }

  #spend(entry: OutEntry | InEntry, counts: boolean): void {
    this.#spent.add(entry);
    if (counts) this.#mark(entry);
  }

  /** As many as were sent, less those that went down with a connection, more those of unknown outcome. */
  #judgeBlanks(): void {
    this.#books.blanks.forEach(({ sent, unknown, arrived }, link) => {
      const gone = this.#books.connections.filter(
        (connection) => connection.link === link && connection.goneAt !== undefined,
      );
      if (arrived > sent + unknown || arrived < sent - gone.length)
        this.#broken(
          `of ${sent} empty messages (${unknown} unknown) ${arrived} arrived on ${link}`,
        );
    });
  }

  // --- time ----------------------------------------------------------------------------------------

  #judgeRecovery(strike: Strike, { bootAndJoin, filling }: Times): void {
    const what = `${strike.names.join(' with ')} at ${Math.round(strike.from)}`;
    if (strike.recovered === undefined) {
      this.#broken(`${what}: nothing worked again`);
      return;
    }
    const within = (name: string, took: number, limit: number) => {
      if (took > limit) this.#broken(`${what}: ${name} took ${Math.round(took)} ms of ${limit}`);
    };
    const { reopened, blocked } = strike;
    const anything = ANYTHING * strike.names.length + blocked;
    within('working again', strike.recovered - strike.gone, anything);
    // A line that is full of data from servers has no room for answers, and a blocked host hears none.
    const flooded = strike.flooded + blocked;
    if (reopened !== undefined && isAlone(strike, 'restart', 'power-cycle')) {
      const limit =
        RESTART + bootAndJoin + flooded + (this.#wasHeard(strike, bootAndJoin) ? 0 : UNHEARD);
      within('opening the links', reopened - strike.gone, limit);
    }
    if (reopened !== undefined && isAlone(strike, 'unplug', PORT_BUSY))
      within('opening the links', reopened - strike.gone, REPLUG + filling + flooded);
    const [hit] = strike.hits;
    const atPrompt = hit?.place.kind === 'bytes' && hit.place.direction === 'to-device';
    if (atPrompt && isAlone(strike, 'lose'))
      within('sending again', (strike.usable ?? Infinity) - strike.gone, PROMPT + flooded);
  }

  /** Whether the driver knew of a restart by the time at which the device has an address again. */
  #wasHeard({ from, gone }: Strike, bootAndJoin: number): boolean {
    return this.#books.said.some(
      ({ event, at }) => event === 'restarted' && at >= from && at <= gone + bootAndJoin,
    );
  }

  #mark(entry: OutEntry | InEntry): void {
    for (const kind of entry.unknowable) {
      this.#count(kind);
      return;
    }
  }

  #count(kind: Unknowable): void {
    this.#unknowable.set(kind, (this.#unknowable.get(kind) ?? 0) + 1);
  }

  #broken(text: string): void {
    this.#violations.push(text);
  }
}

/** Whether bytes have much in common with those they may have been. */
function isLike(meant: Buffer, bytes: Buffer): boolean {
  const [start, end] = [meant.subarray(0, 12), meant.subarray(-12)];
  return bytes.includes(start) || bytes.includes(end);
}

function describe({ label, at, payload }: OutEntry | InEntry): string {
  const way = label.way === 'out' ? 'to the server' : 'to the host';
  return `message ${label.number} ${way} (link ${label.link}, ${payload.length} bytes, at ${at.toFixed(1)})`;
}

function describeStray({ at, link, bytes }: Stray): string {
  const start = JSON.stringify(bytes.subarray(0, 40).toString('latin1'));
  return `something unknown (link ${link}, ${bytes.length} bytes, at ${at.toFixed(1)}, ${start})`;
}
