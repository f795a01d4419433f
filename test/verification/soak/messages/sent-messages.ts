import type { LinkId } from '../../../../driver/at/types';
import { Counts } from '../../counts';
import type { Disturbances } from './disturbances';

/** So long after the end of a message, its arrival and lost connections are known. */
const SETTLE_MS = 45_000;
/** Limit of the wait for the end of an input. Hold, resync, a restart of the device and the reply together take less. */
const END_TIMEOUT_MS = 240_000;
/** Limit of the time from the function node that makes a message to the node that sends it. */
const HANDOVER_MS = 20_000;

/** Limit of the time from the first byte of a message to its outcome. */
const TRANSACTION_MS = 15_000;

/** Error codes of requests that were sent (docs/errors.md). */
const afterSending = new Set(['REPLY_TIMEOUT', 'REPLY_LOST', 'REPLY_ERROR', 'MATCH_FAILED']);

interface Entry {
  readonly link: LinkId;
  readonly madeAt: number;
  inputAt: number | undefined;
  ended: { readonly at: number; readonly code: string | undefined } | undefined;
  readonly arrivals: Arrival[];
}

/** The arrival of a message at the server. */
interface Arrival {
  readonly link: LinkId;
  readonly connection: number;
}

interface Connection {
  readonly link: LinkId;
  readonly acceptedAt: number;
  goneAt: number | undefined;
  /** The highest number of a message that arrived over it. */
  latest: number;
}

/** Accounts for the messages from the flow to the server, from the function node until their outcome is certain. */
export class SentMessages {
  readonly violations: string[] = [];
  /** Counts of messages by their result. */
  readonly counts = new Counts();
  readonly #disturbances: Disturbances;
  readonly #open = new Map<number, Entry>();
  readonly #connections = new Map<number, Connection>();
  /** Corrupt arrivals. Each belongs to a send of unknown outcome. */
  #corrupt: { readonly link: LinkId; readonly at: number; readonly head: string }[] = [];

  /** Arrivals of messages that `made` has not announced: the flow's process reports later than the server. */
  #early: (Arrival & { readonly number: number; readonly at: number })[] = [];

  constructor(disturbances: Disturbances) {
    this.#disturbances = disturbances;
  }

  /** Count of inputs that have not ended. */
  get pending(): number {
    return [...this.#open.values()].filter(({ inputAt, ended }) => inputAt && !ended).length;
  }

  made(number: number, link: LinkId, at: number): void {
    this.counts.add('made');
    const arrivals = this.#early.filter((arrival) => arrival.number === number);
    if (arrivals.length > 0) this.#early = this.#early.filter((each) => each.number !== number);
    this.#open.set(number, { link, madeAt: at, inputAt: undefined, ended: undefined, arrivals });
  }

  /** Call when the message reaches a node. */
  input(number: number, at: number): void {
    const entry = this.#open.get(number);
    if (!entry || entry.inputAt !== undefined)
      this.#violate(`message ${number} came to a node twice`);
    else entry.inputAt = at;
  }

  /** Call when the node ends the input. @param code of the error */
  ended(number: number, at: number, code: string | undefined): void {
    const entry = this.#open.get(number);
    if (entry?.inputAt === undefined || entry.ended) {
      this.#violate(
        `the input of message ${number} ended ${entry?.ended ? 'twice' : 'without an input'}`,
      );
      return;
    }
    entry.ended = { at, code };
    this.counts.add(code ?? 'confirmed');
    if (code?.startsWith('no code') === true)
      this.#violate(`message ${number} failed with ${code}`);
  }

  /** Call when the message arrives intact at the server. */
  arrived(number: number, link: LinkId, connection: number, at: number): void {
    this.counts.add('arrived');
    const over = this.#connections.get(connection);
    if (over) over.latest = Math.max(over.latest, number);
    const entry = this.#open.get(number);
    if (entry) entry.arrivals.push({ link, connection });
    else this.#early.push({ number, link, connection, at });
  }

  /** Call when other bytes arrive at the server. */
  arrivedCorrupt(link: LinkId, at: number, head: string): void {
    this.counts.add('corrupt at the server');
    this.#corrupt.push({ link, at, head });
  }

  connected(connection: number, link: LinkId, at: number): void {
    this.#connections.set(connection, { link, acceptedAt: at, goneAt: undefined, latest: 0 });
  }

  gone(connection: number, at: number): void {
    const found = this.#connections.get(connection);
    if (found) found.goneAt = at;
  }

  settle(now: number, isEnd: boolean): void {
    for (const [number, entry] of this.#open) {
      const from = entry.inputAt ?? entry.madeAt;
      const wait = entry.inputAt === undefined ? HANDOVER_MS + SETTLE_MS : SETTLE_MS;
      if (entry.inputAt !== undefined && !entry.ended) {
        if (!isEnd && now - from < END_TIMEOUT_MS) continue;
        this.#violate(
          `the input of message ${number} on link ${entry.link} did not end in ${now - from} ms`,
        );
      } else if (isEnd || now - (entry.ended?.at ?? from) >= wait) this.#check(number, entry);
      else continue;
      this.#open.delete(number);
    }
    this.#early = this.#early.filter(({ number, at }) => {
      if (!isEnd && now - at < HANDOVER_MS) return true;
      this.#violate(`message ${number} arrived after it was settled, or was never made`);
      return false;
    });
    this.#checkCorrupt(now, isEnd);
    for (const [connection, { goneAt }] of this.#connections)
      if (goneAt !== undefined && now - goneAt > END_TIMEOUT_MS + SETTLE_MS)
        this.#connections.delete(connection);
  }

  #check(number: number, entry: Entry): void {
    const { link, inputAt, ended, arrivals } = entry;
    const name = `message ${number} on link ${link}`;
    if (arrivals.length > 1) this.#violate(`${name} arrived ${arrivals.length} times`);
    const strayed = arrivals.find((arrival) => arrival.link !== link);
    if (strayed && !this.#excused(entry)) this.#violate(`${name} arrived on link ${strayed.link}`);
    const hasArrived = arrivals.length > 0;
    if (inputAt === undefined || !ended) {
      this.counts.add('dropped by a deploy');
      if (hasArrived) this.#violate(`${name} arrived without having come to a node`);
      else if (!this.#disturbances.duringDeploy(link, entry.madeAt, entry.madeAt))
        this.#violate(`${name} came to no node, and no deploy stopped one`);
      return;
    }
    const { code } = ended;
    if (code === undefined || afterSending.has(code)) {
      if (!hasArrived) this.#checkLost(name, number, entry);
    } else if (code === 'SEND_UNKNOWN') {
      const from = Math.max(inputAt, ended.at - TRANSACTION_MS);
      const isExcused =
        this.#disturbances.duringFault(from, ended.at) ||
        this.#disturbances.duringDeploy(link, from, ended.at);
      if (!isExcused)
        this.#violate(`${name} is unknown, and there was neither a fault nor a deploy of the link`);
      this.counts.add(hasArrived ? 'unknown, arrived' : 'unknown, not arrived');
    } else if (hasArrived)
      this.#violate(`${name} failed with ${code}, which means not sent, but arrived`);
  }

  #checkLost(name: string, number: number, entry: Entry): void {
    if (this.#wasCutOff(number, entry)) this.counts.add('lost behind SEND OK with its connection');
    else if (!this.#excused(entry)) this.#violate(`${name} was sent, but did not arrive`);
  }

  /** Whether a connection that may have carried it ended, and no later message arrived over that. */
  #wasCutOff(number: number, { link, inputAt = 0, ended }: Entry): boolean {
    const endedAt = ended?.at ?? Infinity;
    return [...this.#connections.values()].some(
      ({ link: its, acceptedAt, goneAt, latest }) =>
        its === link &&
        acceptedAt <= endedAt &&
        goneAt !== undefined &&
        goneAt >= inputAt &&
        latest <= number,
    );
  }

  #excused({ inputAt, madeAt, ended }: Entry): boolean {
    const from = inputAt ?? madeAt;
    const isExcused = this.#disturbances.spend('to-device', from, ended?.at ?? from);
    if (isExcused) this.counts.add('undetectable');
    return isExcused;
  }

  /**
   * The driver fills up a prompt that lost bytes with line ends, a pad and probes: it needs a fault or a changed byte. Behind
   * the response to a line end it waits 30 ms for a prompt: where a loaded machine stops the board's process there, the
   * query after it becomes payload, too.
   */
  #checkCorrupt(now: number, isEnd: boolean): void {
    this.#corrupt = this.#corrupt.filter(({ link, at, head }) => {
      if (!isEnd && now - at < SETTLE_MS) return true;
      const isExcused =
        this.#disturbances.spend('to-device', at - SETTLE_MS, at) ||
        this.#disturbances.duringFault(at, at) ||
        this.#disturbances.spend('late', at, at);
      if (!isExcused)
        this.#violate(`bytes arrived on link ${link} that no node sent: ${JSON.stringify(head)}`);
      return false;
    });
  }

  #violate(sentence: string): void {
    this.violations.push(sentence);
  }
}
