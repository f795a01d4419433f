import type { LinkId } from '../../../../driver/at/types';
import { Counts } from '../../counts';
import type { Disturbances } from './disturbances';

/** A connection's last messages may arrive this long after its end. */
const SETTLE_MS = 45_000;
/** Limit of the wait for a message of an open connection. */
const ARRIVAL_TIMEOUT_MS = 240_000;

interface Served {
  readonly number: number;
  readonly at: number;
}

interface Connection {
  readonly link: LinkId;
  /** Messages that have not arrived, oldest first. */
  readonly waiting: Served[];
  goneAt: number | undefined;
  /** Count of the link's announcements when its latest message arrived. */
  announced: number;
  latestAt: number;
}

/** Events of a link that announce a possible loss of messages: data loss, or the end of a connection. */
const announcements = new Set(
  (
    'data-loss lost reconnecting closed-by-server closing closed failed device-lost ' +
    'opening opened reopened'
  ).split(' '),
);

/**
 * Accounts for the messages from the server to the flow. TCP keeps their order: between two arrivals, an event of the link
 * must announce a missing message.
 */
export class ReceivedMessages {
  readonly violations: string[] = [];
  /** Counts of messages by their result. */
  readonly counts = new Counts();
  readonly #disturbances: Disturbances;
  readonly #connections = new Map<number, Connection>();
  readonly #announced = new Map<LinkId, number>();

  constructor(disturbances: Disturbances) {
    this.#disturbances = disturbances;
  }

  connected(connection: number, link: LinkId): void {
    const announced = this.#announced.get(link) ?? 0;
    this.#connections.set(connection, {
      link,
      waiting: [],
      goneAt: undefined,
      announced,
      latestAt: 0,
    });
  }

  gone(connection: number, at: number): void {
    const found = this.#connections.get(connection);
    if (found) found.goneAt = at;
  }

  /** Call when the server sends a message. */
  served(connection: number, number: number, at: number): void {
    this.counts.add('sent by the server');
    this.#connections.get(connection)?.waiting.push({ number, at });
  }

  /** Call with each event of a link. */
  event(link: LinkId, event: string): void {
    this.counts.add(`event ${event}`);
    if (announcements.has(event)) this.#announced.set(link, (this.#announced.get(link) ?? 0) + 1);
  }

  /** Call when a message reaches the flow. @param number undefined: no message of the server */
  arrived(link: LinkId, number: number | undefined, at: number, head: string): void {
    if (number === undefined) {
      this.counts.add('corrupt in the flow');
      if (!this.#undetectable(at - SETTLE_MS, at))
        this.#violate(
          `link ${link} passed on a message that the server did not send: ${JSON.stringify(head)}`,
        );
      return;
    }
    const found = [...this.#connections.values()].find(({ waiting }) =>
      waiting.some((each) => each.number === number),
    );
    if (!found) {
      this.#violate(`message ${number} came twice, out of order, or too late on link ${link}`);
      return;
    }
    this.counts.add('in the flow');
    if (found.link !== link)
      this.#violate(`message ${number} of link ${found.link} came on link ${link}`);
    const missing = found.waiting.splice(
      0,
      found.waiting.findIndex((each) => each.number === number),
    );
    found.waiting.shift();
    this.#checkMissing(found, missing, at);
    found.announced = this.#announced.get(link) ?? 0;
    found.latestAt = at;
  }

  settle(now: number, isEnd: boolean): void {
    for (const [number, connection] of this.#connections) {
      const { waiting, goneAt, link } = connection;
      if (goneAt !== undefined && (isEnd || now - goneAt > SETTLE_MS)) {
        this.counts.add('lost with the connection', waiting.length);
        this.#connections.delete(number);
        continue;
      }
      const [oldest] = waiting;
      if (!oldest || (!isEnd && now - oldest.at < ARRIVAL_TIMEOUT_MS)) continue;
      this.#checkMissing(connection, waiting.splice(0), now);
      connection.announced = this.#announced.get(link) ?? 0;
    }
  }

  #checkMissing(
    { announced, link, latestAt }: Connection,
    missing: readonly Served[],
    at: number,
  ): void {
    const isAnnounced = (this.#announced.get(link) ?? 0) > announced;
    for (const { number, at: servedAt } of missing) {
      if (isAnnounced) this.counts.add('announced as lost');
      else if (!this.#undetectable(Math.min(servedAt, latestAt || servedAt), at))
        this.#violate(
          `message ${number} to link ${link} was lost, and nothing was announced before the next one`,
        );
    }
  }

  #undetectable(from: number, to: number): boolean {
    const isExcused = this.#disturbances.spend('to-host', from, to);
    if (isExcused) this.counts.add('undetectable');
    return isExcused;
  }

  #violate(sentence: string): void {
    this.violations.push(sentence);
  }
}
