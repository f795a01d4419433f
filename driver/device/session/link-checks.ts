import type { AtClient } from '../../at/at-client';
import type { LinkId } from '../../at/types';
import type { Link } from '../../link/link';
import { queryLinks } from '../../link/query-links';
import type { LinkStatus } from '../options';

/** Queries the states of the links (`AT+WSOPEN?`), and passes each to its link, until a signal aborts. */
export class LinkChecks {
  readonly #client: Pick<AtClient, 'sequence'>;
  readonly #links: readonly Link[];
  readonly #signal: AbortSignal;
  /** The check in the command queue. */
  #queued: Promise<LinkStatus[]> | undefined;
  /** Links whose URC came since the last check began: the URC is newer than the response. */
  #changed = new Set<LinkId>();

  constructor(client: Pick<AtClient, 'sequence'>, links: readonly Link[], signal: AbortSignal) {
    this.#client = client;
    this.#links = links;
    this.#signal = signal;
  }

  /** A URC of this link has come. */
  urc(link: LinkId): void {
    this.#changed.add(link);
  }

  /**
   * Checks all links. Callers share a check that is still in the command queue.
   * @throws EspAtError `OUT_OF_SYNC`, `DEVICE_*`, `PORT_*`
   */
  check(): Promise<LinkStatus[]> {
    if (this.#queued) return this.#queued;
    const turn = { begun: false };
    const check = this.#check(() => {
      turn.begun = true;
      this.#queued = undefined;
    });
    if (!turn.begun) this.#queued = check;
    return check;
  }

  /** Checks the links where a URC may be lost. Ignores failures, which the client's events report. */
  request(): void {
    if (!this.#signal.aborted) this.check().catch(() => undefined);
  }

  async #check(begin: () => void): Promise<LinkStatus[]> {
    const changed = new Set<LinkId>();
    const found = await this.#client.sequence(({ run }) => {
      begin();
      this.#changed = changed;
      return queryLinks(run);
    });
    this.#signal.throwIfAborted();
    return this.#links.map((link) => {
      if (changed.has(link.id)) this.request();
      else link.checked(found.find((entry) => entry.link === link.id)?.state ?? 0);
      const { id, state, stateNumber, uri, owner } = link;
      return { link: id, state, stateNumber, uri, owner };
    });
  }
}
