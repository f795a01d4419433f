import {
  BROKEN,
  type MessageLog,
  type InEntry,
  type OutEntry,
  type Unmatched,
} from './message-log';
import { isAlone, PORT_BUSY, type FaultEpisode } from './fault-run';
import type { Undetectable } from './undetectable';
import type { PortMonitor } from './port-monitor';

/** The result of a run's checks. */
export interface CheckResult {
  /** Violated invariants, with details. */
  readonly violations: readonly string[];
  /** Counts of undetectable changes, by kind. */
  readonly undetectable: ReadonlyMap<Undetectable, number>;
}

/** Recovery limits: after a restart, after replugging, after lost bytes at a prompt. */
const RESTART_LIMIT_MS = 2000;
const REPLUG_LIMIT_MS = 3000;
const PROMPT_LIMIT_MS = 15_000;
/** Extra time where a restart's `ready` became the rest of data that the restart cut off. */
const MISSED_READY_MS = 4000;
/** After anything else: a pong is late after 12 s, the device reconnects 15 s later, then the host asks. */
const RECOVERY_LIMIT_MS = 90_000;

/** The most bytes that noise or a corrupt line add to a padded prompt. */
const NOISE_BYTES = 60;

const EOL = Buffer.from('\r\n');

const endings = new Set([
  ...['lost', 'closed-by-server', 'closing', 'closed', 'failed', 'device-lost', 'dataloss'],
  ...['reopened', 'opened'],
]);

/** Times of the harness itself, in milliseconds. */
export interface Times {
  /** From power-up to an address. */
  readonly bootAndJoinMs: number;
  /** A data prompt's 16 kB at the port's rate. */
  readonly padMs: number;
}

/** Checks the message log of a finished run. */
export class InvariantChecker {
  readonly #log: MessageLog;
  readonly #monitor: PortMonitor;
  readonly #episodes: readonly FaultEpisode[];
  readonly #violations: string[] = [];
  readonly #undetectable = new Map<Undetectable, number>();
  /** Messages that an unmatched arrival was attributed to. */
  readonly #spent = new Set<OutEntry | InEntry>();

  constructor(log: MessageLog, monitor: PortMonitor, episodes: readonly FaultEpisode[]) {
    this.#log = log;
    this.#monitor = monitor;
    this.#episodes = episodes;
  }

  check(times: Times): CheckResult {
    this.#checkUnmatched();
    for (const entry of this.#log.out) this.#checkSend(entry);
    this.#checkReceived();
    this.#checkEmptyMessages();
    for (const { line, entry } of this.#monitor.injected) {
      if (entry && this.#during(entry)) this.#count('payload as commands');
      else this.#broken(`the device took ${line}, which the host did not write`);
    }
    for (const episode of this.#episodes) this.#checkRecovery(episode, times);
    for (const request of this.#log.requests.keys()) {
      if (request.includes(BROKEN)) this.#broken(request);
    }
    if (this.#log.pending > 0) this.#broken(`${this.#log.pending} promises have not settled`);
    return { violations: this.#violations, undetectable: this.#undetectable };
  }

  // --- to the server -------------------------------------------------------------------------------

  #checkSend(entry: OutEntry): void {
    const { outcome, code, arrivals, label, opcode } = entry;
    const marked = entry.undetectable.size > 0;
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
      this.#broken(`${describe(entry)} is unknown though no fault was active`);
  }

  /**
   * Whether a connection it may have gone over ended with nothing behind it having arrived. The device may
   * not have heard of an end that came before.
   */
  #wasCutOff(entry: OutEntry): boolean {
    const possible = this.#log.connections.filter(
      ({ link, acceptedAt }) => link === entry.label.link && acceptedAt <= entry.settledAt,
    );
    return possible.some(
      ({ number, link, goneAt }) =>
        goneAt !== undefined &&
        (goneAt >= entry.at || number === possible.at(-1)?.number) &&
        !this.#log.out.some(
          (later) =>
            later.label.link === link &&
            later.at > entry.settledAt &&
            later.arrivals.some(({ connection }) => connection === number),
        ),
    );
  }

  /** Whether a fault was active between its first payload byte and its end. */
  #during({ at, payloadAt = at, settledAt }: OutEntry): boolean {
    return this.#episodes.some(
      ({ from, gone, recovered = Infinity }) =>
        from <= settledAt && Math.max(gone, recovered) >= payloadAt,
    );
  }

  /** Whether the flow closed the link under it. */
  #wasClosed({ label, at, settledAt }: OutEntry): boolean {
    return this.#log.events.some(
      (events) =>
        events.link === label.link &&
        events.event === 'closing' &&
        events.at >= at &&
        events.at <= settledAt,
    );
  }

  // --- to the host ---------------------------------------------------------------------------------

  /** TCP keeps the order: what is missing between two that arrived must have been reported in between. */
  #checkReceived(): void {
    const byConnection = new Map<number, InEntry[]>();
    for (const entry of this.#log.in) {
      const entries = byConnection.get(entry.connection) ?? [];
      byConnection.set(entry.connection, [...entries, entry]);
    }
    for (const entries of byConnection.values()) this.#checkConnection(entries);
  }

  #checkConnection(entries: readonly InEntry[]): void {
    let before = this.#log.connections[entries[0]?.connection ?? 0]?.acceptedAt ?? 0;
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
        if (entry.undetectable.size > 0) this.#mark(entry);
        else this.#broken(`${describe(entry)} arrived on ${arrival.link} as ${opcode}`);
      }
      this.#checkMissing(missing, before, arrival.at);
      missing = [];
      before = arrival.at;
    }
    this.#checkMissing(missing, before, Infinity);
  }

  #checkMissing(missing: readonly InEntry[], from: number, to: number): void {
    for (const entry of missing) {
      const { link } = entry.label;
      const reported = this.#log.events.some(
        (events) =>
          events.link === link && events.at >= from && events.at <= to && endings.has(events.event),
      );
      if (reported || this.#spent.has(entry)) continue;
      if (entry.undetectable.size > 0) this.#mark(entry);
      else if (this.#monitor.misreported.some((at) => at >= from && at <= to))
        this.#count('report digit');
      else
        this.#broken(
          `${describe(entry)} was lost, and nothing was reported from ${Math.round(from)} to ${Math.round(to)}`,
        );
    }
  }

  // --- unmatched arrivals ----------------------------------------------------------------

  /** Each must be one corrupt message, and no message accounts for two. */
  #checkUnmatched(): void {
    const { unmatchedAtServer, unmatchedAtHost, out } = this.#log;
    for (const unmatched of unmatchedAtServer) {
      const damaged = out.find(
        (entry) =>
          !this.#spent.has(entry) &&
          entry.arrivals.length === 0 &&
          entry.at <= unmatched.at &&
          (entry.outcome === 'unknown' ? entry.label.link === unmatched.link : false),
      );
      const marked = out.find((entry) => this.#accountsFor(entry, unmatched));
      const entry = marked ?? damaged;
      if (!entry && this.#isPad(unmatched)) continue;
      if (!entry) this.#broken(`${describeUnmatched(unmatched)} arrived at the server`);
      else this.#spend(entry, entry.outcome === 'sent');
    }
    for (const unmatched of unmatchedAtHost) this.#checkUnmatchedAtHost(unmatched);
  }

  /** Whether it is a padded prompt, after which the driver reported the end of the connection. */
  #isPad({ at, link, bytes }: Unmatched): boolean {
    const rest = bytes.toString('latin1').replace(/\r|\n|AT\+[A-Z]+\?\r\n/g, '');
    if (rest.length > NOISE_BYTES && !this.#hadWrongRate(at)) return false;
    return this.#log.events.some(
      (events) =>
        events.link === link &&
        endings.has(events.event) &&
        Math.abs(events.at - at) < PROMPT_LIMIT_MS,
    );
  }

  /** Whether the two ends had different baud rates at that time, or shortly before. */
  #hadWrongRate(at: number): boolean {
    return this.#episodes.some(
      ({ names, from, gone, recovered = Infinity }) =>
        names.includes('wrong-rate') && from <= at && Math.max(gone, recovered) >= at,
    );
  }

  #checkUnmatchedAtHost(unmatched: Unmatched): void {
    const marked = this.#log.in.filter((each) => this.#accountsFor(each, unmatched));
    const entry =
      marked.findLast(({ payload }) => isLike(payload, unmatched.bytes)) ?? marked.at(-1);
    if (!entry) {
      const follower = this.#follower(unmatched);
      if (follower) {
        this.#spent.add(follower);
        this.#count('made up for');
      } else {
        this.#broken(`${describeUnmatched(unmatched)} arrived at the host`);
      }
      return;
    }
    this.#spend(entry, true);
    // Where the boundaries are lost as well, others came along.
    for (const each of this.#log.in) {
      if (each.arrivals.length === 0 && unmatched.bytes.includes(each.payload))
        this.#spent.add(each);
    }
  }

  /** The message behind one whose data took the line end behind it: it has that in front, where no boundaries show. */
  #follower({ link, bytes }: Unmatched): InEntry | undefined {
    const entries = this.#log.in.filter(({ label }) => label.link === link);
    const index = entries.findIndex(
      (entry) => entry.arrivals.length === 0 && bytes.equals(Buffer.concat([EOL, entry.payload])),
    );
    return entries[index - 1]?.undetectable.has('made up for') ? entries[index] : undefined;
  }

  #accountsFor(entry: OutEntry | InEntry, unmatched: Unmatched): boolean {
    return (
      entry.undetectable.size > 0 &&
      entry.arrivals.length === 0 &&
      entry.at <= unmatched.at &&
      !this.#spent.has(entry)
    );
  }

  #spend(entry: OutEntry | InEntry, counts: boolean): void {
    this.#spent.add(entry);
    if (counts) this.#mark(entry);
  }

  /** As many as were sent, less those that went down with a connection, more those of unknown outcome. */
  #checkEmptyMessages(): void {
    this.#log.emptyMessages.forEach(({ sent, unknown, arrived }, link) => {
      const gone = this.#log.connections.filter(
        (connection) => connection.link === link && connection.goneAt !== undefined,
      );
      if (arrived > sent + unknown || arrived < sent - gone.length)
        this.#broken(
          `of ${sent} empty messages (${unknown} unknown) ${arrived} arrived on ${link}`,
        );
    });
  }

  // --- time ----------------------------------------------------------------------------------------

  #checkRecovery(episode: FaultEpisode, { bootAndJoinMs, padMs }: Times): void {
    const what = `${episode.names.join(' with ')} at ${Math.round(episode.from)}`;
    if (episode.recovered === undefined) {
      this.#broken(`${what}: nothing worked again`);
      return;
    }
    const within = (name: string, took: number, limit: number) => {
      if (took > limit) this.#broken(`${what}: ${name} took ${Math.round(took)} ms of ${limit}`);
    };
    const { reopened, blocked } = episode;
    const anything = RECOVERY_LIMIT_MS * episode.names.length + blocked;
    within('working again', episode.recovered - episode.gone, anything);
    // A line that is full of data from servers has no room for answers, and a blocked host hears none.
    const flooded = episode.flooded + blocked;
    if (reopened !== undefined && isAlone(episode, 'restart', 'power-cycle')) {
      const limit =
        RESTART_LIMIT_MS +
        bootAndJoinMs +
        flooded +
        (this.#readyWasReceived(episode, bootAndJoinMs) ? 0 : MISSED_READY_MS);
      within('opening the links', reopened - episode.gone, limit);
    }
    if (reopened !== undefined && isAlone(episode, 'unplug', PORT_BUSY))
      within('opening the links', reopened - episode.gone, REPLUG_LIMIT_MS + padMs + flooded);
    const [hit] = episode.hits;
    const atPrompt = hit?.place.kind === 'bytes' && hit.place.direction === 'to-device';
    if (atPrompt && isAlone(episode, 'lose'))
      within(
        'sending again',
        (episode.usable ?? Infinity) - episode.gone,
        PROMPT_LIMIT_MS + flooded,
      );
  }

  /** Whether the driver knew of a restart by the time at which the device has an address again. */
  #readyWasReceived({ from, gone }: FaultEpisode, bootAndJoinMs: number): boolean {
    return this.#log.events.some(
      ({ event, at }) => event === 'restart' && at >= from && at <= gone + bootAndJoinMs,
    );
  }

  #mark(entry: OutEntry | InEntry): void {
    for (const kind of entry.undetectable) {
      this.#count(kind);
      return;
    }
  }

  #count(kind: Undetectable): void {
    this.#undetectable.set(kind, (this.#undetectable.get(kind) ?? 0) + 1);
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

function describeUnmatched({ at, link, bytes }: Unmatched): string {
  const start = JSON.stringify(bytes.subarray(0, 40).toString('latin1'));
  return `something unknown (link ${link}, ${bytes.length} bytes, at ${at.toFixed(1)}, ${start})`;
}
