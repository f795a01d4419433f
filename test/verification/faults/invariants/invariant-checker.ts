import {
  entryText,
  UNDOCUMENTED_ERROR,
  type Arrival,
  type InEntry,
  type MessageLog,
  type OutEntry,
} from '../../message-log';
import type { Block } from '../../../harness/host-loop';
import { episodesIn, type FaultEpisode } from '../fault-episode';
import type { PortMonitor } from '../port-monitor';
import { Findings } from './findings';
import { lossesOf, type Loss } from './losses';
import { slowRecoveries, type Times } from './recovery-limits';
import { UnmatchedCheck } from './unmatched-check';

type Moment = Pick<Arrival, 'at' | 'order'>;

type Monitored = Pick<PortMonitor, 'injected' | 'misreported' | 'corruptDelimiters' | 'emptied'>;

/** Checks the message log of a finished run. */
export class InvariantChecker {
  readonly #log: MessageLog;
  readonly #monitor: Monitored;
  readonly #episodes: readonly FaultEpisode[];
  readonly #blocks: readonly Block[];
  readonly #losses: readonly Loss[];
  readonly #findings = new Findings();

  constructor(
    log: MessageLog,
    monitor: Monitored,
    episodes: readonly FaultEpisode[],
    blocks: readonly Block[],
  ) {
    this.#log = log;
    this.#monitor = monitor;
    this.#episodes = episodes;
    this.#blocks = blocks;
    this.#losses = lossesOf(log.events);
  }

  check(times: Times): Pick<Findings, 'violations' | 'undetectable'> {
    const log = this.#log;
    const findings = this.#findings;
    // A corrupt delimiter that is the whole of an empty message stands in front of the next message.
    for (const { link, at } of this.#monitor.corruptDelimiters)
      log.in
        .find((entry) => entry.link === link && entry.at >= at)
        ?.undetectable.add('payload byte');
    new UnmatchedCheck(log, this.#episodes, this.#blocks, this.#losses, findings).run();
    for (const entry of log.out) this.#checkSend(entry);
    for (const link of [0, 1, 2]) this.#checkOrder(log.out.filter((entry) => entry.link === link));
    this.#checkReceived();
    this.#checkEmptyMessages();
    for (const { line, entry } of this.#monitor.injected) {
      if (entry && this.#during(entry)) findings.undetectable.add('payload as commands');
      else this.#violate(`the device executed ${line}, which the host did not write`);
    }
    for (const episode of this.#episodes)
      for (const text of slowRecoveries(episode, log, times)) findings.violate('device', text);
    for (const { name, result } of log.requests)
      if (result.includes(UNDOCUMENTED_ERROR)) findings.violate('promise', `${name}: ${result}`);
    if (log.pending > 0) findings.violate('promise', `${log.pending} promises have not settled`);
    return findings;
  }

  // --- to the server -------------------------------------------------------------------------------

  #checkSend(entry: OutEntry): void {
    const findings = this.#findings;
    const { outcome, code, arrivals, link, opcode } = entry;
    const name = entryText(entry);
    if (code.startsWith(UNDOCUMENTED_ERROR)) findings.violate('promise', `${name}: ${code}`);
    if (outcome === 'pending') findings.violate('promise', `${name} has not settled`);
    if (arrivals.length > 1) this.#violate(`${name} arrived ${arrivals.length} times`);
    const [arrival] = arrivals;
    if (arrival && (arrival.link !== link || arrival.opcode !== opcode))
      this.#excuse(entry, `${name} arrived on ${arrival.link} as ${arrival.opcode}`);
    if (arrival && outcome === 'not-sent')
      this.#violate(`${name} was not sent, but arrived at ${arrival.at}`);
    if (!arrival && outcome === 'sent' && !findings.attributed.has(entry)) {
      if (this.#wasCutOff(entry)) findings.undetectable.add('after SEND OK');
      else this.#excuse(entry, `${name} was sent, but did not arrive`);
    }
    if (outcome === 'unknown' && !this.#during(entry) && !this.#wasClosed(entry))
      this.#violate(`${name} is unknown though no fault was active`);
  }

  /** The messages of a link arrive in the order in which the host sent them. */
  #checkOrder(entries: readonly OutEntry[]): void {
    let latest: { readonly name: string; readonly arrival: Arrival } | undefined;
    for (const { name, arrivals } of entries) {
      const [arrival] = arrivals;
      if (!arrival) continue;
      if (latest && arrival.order < latest.arrival.order)
        this.#violate(`${latest.name} arrived after ${name}, which was sent later`);
      else latest = { name, arrival };
    }
  }

  /**
   * Whether a connection that may have carried it ended, and no later message arrived over that. The last connection before
   * its payload counts although it ended before the send: the device may not have noticed the end.
   */
  #wasCutOff(entry: OutEntry): boolean {
    const possible = this.#log.connections.filter(
      ({ link, acceptedAt }) => link === entry.link && acceptedAt <= entry.settledAt,
    );
    const { payloadAt = entry.settledAt } = entry;
    const last = possible.findLast(({ acceptedAt }) => acceptedAt <= payloadAt);
    return possible.some(
      ({ number, link, goneAt }) =>
        goneAt !== undefined &&
        (goneAt >= entry.at || number === last?.number) &&
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
    return episodesIn(this.#episodes, payloadAt, settledAt).length > 0;
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
    let before: Moment = {
      at: this.#log.connections[entries[0]?.connection ?? 0]?.acceptedAt ?? 0,
      order: -1,
    };
    let missing: InEntry[] = [];
    for (const entry of entries) {
      const [arrival] = entry.arrivals;
      if (!arrival) {
        missing.push(entry);
        continue;
      }
      const name = entryText(entry);
      if (entry.arrivals.length > 1)
        this.#violate(`${name} arrived ${entry.arrivals.length} times`);
      if (arrival.order < before.order) this.#violate(`${name} arrived out of order`);
      const opcode = arrival.opcode ?? entry.opcode;
      if (arrival.link !== entry.link || opcode !== entry.opcode)
        this.#excuse(entry, `${name} arrived on ${arrival.link} as ${opcode}`);
      this.#checkMissing(missing, before, arrival);
      missing = [];
      before = arrival;
    }
    this.#checkMissing(missing, before, { at: Infinity, order: Infinity });
  }

  /**
   * Messages of a connection that did not arrive between two arrivals. Data loss may also be reported before such a message: the
   * driver skips data until it knows the start of a message again.
   */
  #checkMissing(missing: readonly InEntry[], after: Moment, before: Moment): void {
    for (const entry of missing) {
      const reported = this.#losses.some(
        (loss) =>
          loss.link === entry.link &&
          // Noise and a header in one line: the parser gives the data, then the noise as a line.
          (loss.from < before.order || (loss.kind === 'data' && loss.at === before.at)) &&
          loss.to > (loss.kind === 'data' ? after.order : Math.max(after.order, entry.order)) &&
          !(loss.kind === 'begin' && this.#connectionAt(loss) === entry.connection),
      );
      if (reported || this.#findings.attributed.has(entry)) continue;
      const text = `${entryText(entry)} was lost, and nothing was reported from ${Math.round(after.at)} to ${Math.round(before.at)}`;
      const { misreported } = this.#monitor;
      const wasMisreported = misreported.some((at) => at >= after.at && at <= before.at);
      if (entry.undetectable.size === 0 && wasMisreported)
        this.#findings.undetectable.add('URC digit');
      else this.#excuse(entry, text);
    }
  }

  /** The connection whose beginning an event reports. */
  #connectionAt({ link, from }: Loss): number | undefined {
    return this.#log.connections.findLast((each) => each.link === link && each.order < from)
      ?.number;
  }

  /**
   * Arrivals: at most the sent and the unknown ones, and those that lost digits made; at least the sent ones, less one for
   * each ended connection.
   */
  #checkEmptyMessages(): void {
    this.#log.emptyMessages.forEach(({ sent, unknown, arrived }, link) => {
      const gone = this.#log.connections.filter(
        (connection) => connection.link === link && connection.goneAt !== undefined,
      );
      const made = this.#monitor.emptied.filter((id) => id === link).length;
      if (arrived > sent + unknown + made || arrived < sent - gone.length)
        this.#violate(
          `of ${sent} empty messages (${unknown} unknown) ${arrived} arrived on ${link}`,
        );
    });
  }

  /** Counts an undetectable change of the message, or adds a violation. */
  #excuse(entry: InEntry | OutEntry, violation: string): void {
    if (entry.undetectable.size > 0) this.#findings.countUndetectable(entry);
    else this.#violate(violation);
  }

  #violate(text: string): void {
    this.#findings.violate('message', text);
  }
}
