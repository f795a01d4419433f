import { EspAtError } from '../errors';
import type { Link } from '../link/link';
import type { QueueLimit } from '../link/send/queue-limit';

/** The links of a device, shared by its WebSockets. */
export class LinkPool {
  /** Of the send queues of all links. */
  readonly queueLimit: QueueLimit;
  readonly #links: readonly Link[];
  readonly #claimed = new Set<Link>();
  #count = 0;

  constructor(links: readonly Link[], queueLimit: QueueLimit) {
    this.#links = links;
    this.queueLimit = queueLimit;
  }

  /**
   * Claims a link that no open() asks for: a closed one, or else a closing one.
   * @throws EspAtError `NO_FREE_LINK`
   */
  claim(): Link {
    const free = this.#links.filter((link) => !this.#claimed.has(link) && !link.shouldBeOpen);
    const link = free.find(({ state }) => state === 'closed') ?? free[0];
    if (!link) throw new EspAtError('NO_FREE_LINK', { count: this.#links.length });
    this.#claimed.add(link);
    return link;
  }

  release(link: Link): void {
    this.#claimed.delete(link);
  }

  /** Returns a unique name for the owner of a connection. */
  nextOwner(): string {
    return `WebSocket/${++this.#count}`;
  }
}
