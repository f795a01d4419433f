import type { LinkId } from '../../../../driver/at/types';
import type { Disturbances } from './disturbances';
import type { Tally } from './soak-log';

/** What a connection's last messages have to arrive after it ended. */
const SETTLE_MS = 45_000;
/** A message on an open connection that is older hangs. */
const ARRIVAL_LIMIT_MS = 240_000;

interface Served {
  readonly number: number;
  readonly at: number;
}

interface Connection {
  readonly link: LinkId;
  /** Messages that have not arrived, oldest first. */
  readonly waiting: Served[];
  goneAt: number | undefined;
  /** The link's announced losses when its latest message arrived. */
  announced: number;
  latestAt: number;
}

/** Events of a link that tell a flow that messages may be lost: data loss, or the end of a connection. */
const announcing = new Set([
  ...[
    'data-loss',
    'lost',
    'reconnecting',
    'closed-by-server',
    'closing',
    'closed',
    'failed',
    'device-lost',
  ],
  ...['opening', 'opened', 'reopened'],
]);

/**
 * Messages from the server to the flow. TCP keeps their order: what is missing between two that arrived must have been announced in
 * between, by an event of the link.
 */
export class ReceivedMessages {
  readonly violations: string[] = [];
  readonly #disturbances: Disturbances;
  readonly #connections = new Map<number, Connection>();
  readonly #announced = new Map<LinkId, number>();
  readonly #tally = new Map<string, number>();

  constructor(disturbances: Disturbances) {
    this.#disturbances = disturbances;
  }

  get tally(): Tally {
    return Object.fromEntries([...this.#tally].sort());
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

  /** The server sent a message. */
  served(connection: number, number: number, at: number): void {
    this.#count('sent by the server');
    this.#connections.get(connection)?.waiting.push({ number, at });
  }

  /** The link told of something. */
  event(link: LinkId, event: string): void {
    this.#count(`event ${event}`);
    if (announcing.has(event)) this.#announced.set(link, (this.#announced.get(link) ?? 0) + 1);
  }

  /** A message is in the flow. @param number undefined: it is none that the server sent */
  arrived(link: LinkId, number: number | undefined, at: number, head: string): void {
    if (number === undefined) {
      this.#count('corrupt in the flow');
      if (!this.#undetectable(at - SETTLE_MS, at))
        this.#violate(`link ${link} handed on what was never sent: ${JSON.stringify(head)}`);
      return;
    }
    const found = [...this.#connections.values()].find(({ waiting }) =>
      waiting.some((each) => each.number === number),
    );
    if (!found) {
      this.#violate(
        `message ${number} came twice, out of order, or after it was given up on link ${link}`,
      );
      return;
    }
    this.#count('in the flow');
    if (found.link !== link)
      this.#violate(`message ${number} of link ${found.link} came on link ${link}`);
    const missing = found.waiting.splice(
      0,
      found.waiting.findIndex((each) => each.number === number),
    );
    found.waiting.shift();
    this.#judgeMissing(found, missing, at);
    found.announced = this.#announced.get(link) ?? 0;
    found.latestAt = at;
  }

  settle(now: number, isEnd: boolean): void {
    for (const [number, connection] of this.#connections) {
      const { waiting, goneAt, link } = connection;
      if (goneAt !== undefined && (isEnd || now - goneAt > SETTLE_MS)) {
        this.#count('lost with the connection', waiting.length);
        this.#connections.delete(number);
        continue;
      }
      const [oldest] = waiting;
      if (!oldest || (!isEnd && now - oldest.at < ARRIVAL_LIMIT_MS)) continue;
      this.#judgeMissing(connection, waiting.splice(0), now);
      connection.announced = this.#announced.get(link) ?? 0;
    }
  }

  #judgeMissing(
    { announced, link, latestAt }: Connection,
    missing: readonly Served[],
    at: number,
  ): void {
    const isAnnounced = (this.#announced.get(link) ?? 0) > announced;
    for (const { number, at: servedAt } of missing) {
      if (isAnnounced) this.#count('announced as lost');
      else if (!this.#undetectable(Math.min(servedAt, latestAt || servedAt), at))
        this.#violate(
          `message ${number} to link ${link} was lost, and nothing was announced before the next one`,
        );
    }
  }

  #undetectable(from: number, to: number): boolean {
    const isExcused = this.#disturbances.spend('to-host', from, to);
    if (isExcused) this.#count('undetectable');
    return isExcused;
  }

  #count(what: string, by = 1): void {
    this.#tally.set(what, (this.#tally.get(what) ?? 0) + by);
  }

  #violate(sentence: string): void {
    this.violations.push(sentence);
  }
}
