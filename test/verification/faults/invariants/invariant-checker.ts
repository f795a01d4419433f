import {
  BROKEN,
  describe,
  describeUnmatched,
  type MessageLog,
  type InEntry,
  type OutEntry,
  type Unmatched,
} from '../../message-log';
import type { FaultEpisode } from '../fault-episode';
import { lossesOf, type Loss } from './losses';
import { PROMPT_LIMIT_MS, slowRecoveries, type Times } from './recovery-limits';
import type { Undetectable } from './undetectable';
import type { PortMonitor } from '../port-monitor';

/** The result of a run's checks. */
export interface CheckResult {
  /** Violated invariants, with details. */
  readonly violations: readonly string[];
  /** Counts of undetectable changes, by kind. */
  readonly undetectable: ReadonlyMap<Undetectable, number>;
}

/** Noise or a corrupt line adds at most this to a padded prompt. */
const MAX_NOISE_BYTES = 60;

const EOL = Buffer.from('\r\n');

/** Checks the message log of a finished run. */
export class InvariantChecker {
  readonly #log: MessageLog;
  readonly #monitor: PortMonitor;
  readonly #episodes: readonly FaultEpisode[];
  readonly #losses: readonly Loss[];
  readonly #violations: string[] = [];
  readonly #undetectable = new Map<Undetectable, number>();
  /** Messages that an unmatched arrival was attributed to. */
  readonly #spent = new Set<OutEntry | InEntry>();

  constructor(log: MessageLog, monitor: PortMonitor, episodes: readonly FaultEpisode[]) {
    this.#log = log;
    this.#monitor = monitor;
    this.#episodes = episodes;
    this.#losses = lossesOf(log.events);
  }

  check(times: Times): CheckResult {
    this.#checkUnmatched();
    for (const entry of this.#log.out) this.#checkSend(entry);
    this.#checkReceived();
    this.#checkEmptyMessages();
    for (const { line, entry } of this.#monitor.injected) {
      if (entry && this.#during(entry)) this.#count('payload as commands');
      else this.#violate(`the device executed ${line}, which the host did not write`);
    }
    for (const episode of this.#episodes)
      this.#violations.push(...slowRecoveries(episode, this.#log, times));
    for (const { name, result } of this.#log.requests)
      if (result.includes(BROKEN)) this.#violate(`${name}: ${result}`);
    if (this.#log.pending > 0) this.#violate(`${this.#log.pending} promises have not settled`);
    return { violations: this.#violations, undetectable: this.#undetectable };
  }

  // --- to the server -------------------------------------------------------------------------------

  #checkSend(entry: OutEntry): void {
    const { outcome, code, arrivals, link, opcode } = entry;
    const marked = entry.undetectable.size > 0;
    if (code.startsWith(BROKEN)) this.#violate(`${describe(entry)}: ${code}`);
    if (outcome === 'pending') this.#violate(`${describe(entry)} has not settled`);
    if (arrivals.length > 1) this.#violate(`${describe(entry)} arrived ${arrivals.length} times`);
    const [arrival] = arrivals;
    if (arrival && (arrival.link !== link || arrival.opcode !== opcode)) {
      if (marked) this.#mark(entry);
      else this.#violate(`${describe(entry)} arrived on ${arrival.link} as ${arrival.opcode}`);
    }
    if (arrival && outcome === 'not-sent')
      this.#violate(`${describe(entry)} was not sent, but arrived at ${arrival.at}`);
    if (!arrival && outcome === 'sent' && !this.#spent.has(entry)) {
      if (this.#wasCutOff(entry)) this.#count('after SEND OK');
      else if (marked) this.#mark(entry);
      else this.#violate(`${describe(entry)} was sent, but did not arrive`);
    }
    if (outcome === 'unknown' && !this.#during(entry) && !this.#wasClosed(entry))
      this.#violate(`${describe(entry)} is unknown though no fault was active`);
  }

  /**
   * Whether a connection that may have carried it ended, and no later message arrived over that. The device may not have
   * known of an earlier end.
   */
  #wasCutOff(entry: OutEntry): boolean {
    const possible = this.#log.connections.filter(
      ({ link, acceptedAt }) => link === entry.link && acceptedAt <= entry.settledAt,
    );
    return possible.some(
      ({ number, link, goneAt }) =>
        goneAt !== undefined &&
        (goneAt >= entry.at || number === possible.at(-1)?.number) &&
        !this.#log.out.some(
          (later) =>
            later.link === link &&
            later.at > entry.settledAt &&
            later.arrivals.some(({ connection }) => connection === number),
        ),
    );
  }

  /** Whether a fault was active between its first payload byte and its outcome. */
  #during({ at, payloadAt = at, settledAt }: OutEntry): boolean {
    return this.#episodesIn(payloadAt, settledAt).length > 0;
  }

  /** Whether the flow closed the link meanwhile. */
  #wasClosed({ link, at, settledAt }: OutEntry): boolean {
    return this.#log.events.some(
      ({ link: its, event, at: when }) =>
        its === link && event === 'closing' && when >= at && when <= settledAt,
    );
  }

  // --- to the host ---------------------------------------------------------------------------------

  /** TCP keeps the order: between two arrivals, the driver must have emitted a loss for a missing message. */
  #checkReceived(): void {
    const connections = new Set(this.#log.in.map(({ connection }) => connection));
    for (const number of connections)
      this.#checkConnection(this.#log.in.filter(({ connection }) => connection === number));
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
        this.#violate(`${describe(entry)} arrived ${entry.arrivals.length} times`);
      if (arrival.at < before) this.#violate(`${describe(entry)} arrived out of order`);
      const opcode = arrival.opcode ?? entry.opcode;
      if (arrival.link !== entry.link || opcode !== entry.opcode) {
        if (entry.undetectable.size > 0) this.#mark(entry);
        else this.#violate(`${describe(entry)} arrived on ${arrival.link} as ${opcode}`);
      }
      this.#checkMissing(missing, before, arrival.at);
      missing = [];
      before = arrival.at;
    }
    this.#checkMissing(missing, before, Infinity);
  }

  #checkMissing(missing: readonly InEntry[], from: number, to: number): void {
    for (const entry of missing) {
      const { link } = entry;
      const reported = this.#losses.some(
        (loss) => loss.link === link && loss.from <= to && loss.to >= from,
      );
      if (reported || this.#spent.has(entry)) continue;
      if (entry.undetectable.size > 0) this.#mark(entry);
      else if (this.#monitor.misreported.some((at) => at >= from && at <= to))
        this.#count('URC digit');
      else
        this.#violate(
          `${describe(entry)} was lost, and nothing was reported from ${Math.round(from)} to ${Math.round(to)}`,
        );
    }
  }

  // --- unmatched arrivals ----------------------------------------------------------------

  /** Each must be a corrupt message, and no message may account for two. */
  #checkUnmatched(): void {
    const { unmatchedAtServer, unmatchedAtHost, out } = this.#log;
    for (const unmatched of unmatchedAtServer) {
      const unknown = out.find(
        (entry) =>
          !this.#spent.has(entry) &&
          entry.arrivals.length === 0 &&
          entry.at <= unmatched.at &&
          entry.outcome === 'unknown' &&
          entry.link === unmatched.link,
      );
      const marked = out.filter((entry) => this.#accountsFor(entry, unmatched));
      const like = marked.find(({ payload }) => isLike(payload, unmatched.bytes));
      const isPad = this.#isPad(unmatched);
      // A pad must not account for the marked message that arrived beside it.
      const entry = like ?? (isPad ? undefined : marked[0]) ?? unknown;
      if (!entry && isPad) continue;
      if (!entry) this.#violate(`${describeUnmatched(unmatched)} arrived at the server`);
      else this.#spend(entry, entry.outcome === 'sent');
    }
    for (const unmatched of unmatchedAtHost) this.#checkUnmatchedAtHost(unmatched);
  }

  /** Whether it is a padded prompt, near which the driver emitted the end of the connection. */
  #isPad({ at, link, bytes }: Unmatched): boolean {
    const rest = bytes.toString('latin1').replace(/\r|\n|AT\+[A-Z]+\?\r\n/g, '');
    const episodes = this.#episodesIn(at, at);
    const hadWrongRate = episodes.some(({ names }) => names.includes('wrong-rate'));
    if (rest.length > MAX_NOISE_BYTES && !hadWrongRate) return false;
    const limit = PROMPT_LIMIT_MS + Math.max(0, ...episodes.map(({ blocked }) => blocked));
    return this.#losses.some((loss) => loss.link === link && Math.abs(loss.from - at) < limit);
  }

  /** Those that were active in a time, or had not recovered. */
  #episodesIn(start: number, end: number): readonly FaultEpisode[] {
    return this.#episodes.filter(
      ({ from, gone, recovered = Infinity }) => from <= end && Math.max(gone, recovered) >= start,
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
        this.#count('compensated');
      } else {
        this.#violate(`${describeUnmatched(unmatched)} arrived at the host`);
      }
      return;
    }
    this.#spend(entry, true);
    // Without boundaries, one arrival may hold several messages.
    for (const each of this.#log.in) {
      if (each.arrivals.length === 0 && unmatched.bytes.includes(each.payload))
        this.#spent.add(each);
    }
  }

  /** The message after one whose data took the line end behind it: it begins with the line end of its own URC. */
  #follower({ link, bytes }: Unmatched): InEntry | undefined {
    const entries = this.#log.in.filter((entry) => entry.link === link);
    const index = entries.findIndex(
      (entry) => entry.arrivals.length === 0 && bytes.equals(Buffer.concat([EOL, entry.payload])),
    );
    return entries[index - 1]?.undetectable.has('compensated') ? entries[index] : undefined;
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

  /** Arrivals: at most the sent and the unknown ones; at least the sent ones, less one for each ended connection. */
  #checkEmptyMessages(): void {
    this.#log.emptyMessages.forEach(({ sent, unknown, arrived }, link) => {
      const gone = this.#log.connections.filter(
        (connection) => connection.link === link && connection.goneAt !== undefined,
      );
      if (arrived > sent + unknown || arrived < sent - gone.length)
        this.#violate(
          `of ${sent} empty messages (${unknown} unknown) ${arrived} arrived on ${link}`,
        );
    });
  }

  #mark(entry: OutEntry | InEntry): void {
    const [kind] = entry.undetectable;
    if (kind) this.#count(kind);
  }

  #count(kind: Undetectable): void {
    this.#undetectable.set(kind, (this.#undetectable.get(kind) ?? 0) + 1);
  }

  #violate(text: string): void {
    this.#violations.push(text);
  }
}

/** Whether bytes share their start or their end with the original. */
function isLike(meant: Buffer, bytes: Buffer): boolean {
  const [start, end] = [meant.subarray(0, 12), meant.subarray(-12)];
  return bytes.includes(start) || bytes.includes(end);
}
