import type { AtClient } from '../../at/at-client';
import type { LinkId } from '../../at/types';
import { delay, type Clock } from '../../clock';
import type { LinkStateNumber } from '../../link/events';
import type { Link } from '../../link/link';
import { queryLinks } from '../../link/query-links';
import { TokenBucket } from '../../token-bucket';
import type { LinkStatus } from '../options';

/** Changes of a link that URCs tell: a burst at once, then so many a second. A check replaces those that come faster. */
const URC_BURST = 20;
const URCS_PER_SECOND = 1;

interface UrcLimit {
  readonly bucket: TokenBucket;
  /** Whether URCs were omitted since the last check, which tells what they would have told. */
  hasOmitted: boolean;
}

/** Queries the states of the links (`AT+WSOPEN?`), and passes each to its link, until a signal aborts. */
export class LinkChecks {
  readonly #client: Pick<AtClient, 'sequence'>;
  readonly #links: readonly Link[];
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  readonly #limits: readonly UrcLimit[];
  /** The check in the command queue. */
  #queued: Promise<LinkStatus[]> | undefined;
  /** Links whose URC came since the last check began: the URC is newer than the response. */
  #changed = new Set<LinkId>();

  constructor(
    client: Pick<AtClient, 'sequence'>,
    links: readonly Link[],
    clock: Clock,
    signal: AbortSignal,
  ) {
    this.#client = client;
    this.#links = links;
    this.#clock = clock;
    this.#signal = signal;
    this.#limits = links.map(() => {
      return { bucket: new TokenBucket(clock, URC_BURST, URCS_PER_SECOND), hasOmitted: false };
    });
  }

  /** A URC of this link has come. Returns false where it came too fast: a check later tells the link's state. */
  urc(link: LinkId): boolean {
    if (!this.#passes(link)) return false;
    this.#changed.add(link);
    return true;
  }

  /** An operation waits for its URCs, which cause no events. */
  #passes(id: LinkId): boolean {
    const state = this.#links[id]?.state;
    const limit = this.#limits[id];
    if (!limit || state === 'opening' || state === 'closing') return true;
    if (limit.hasOmitted) return false;
    const ms = limit.bucket.take();
    if (ms === 0) return true;
    limit.hasOmitted = true;
    void this.#checkIn(ms);
    return false;
  }

  async #checkIn(ms: number): Promise<void> {
    try {
      await delay(this.#clock, ms, { signal: this.#signal });
      this.request();
    } catch {
      // The device is gone, and its links are told so.
    }
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
    // The sequence of an idle client begins before `#check` returns.
    if (!turn.begun) this.#queued = check;
    return check;
  }

  /** Checks the links where a URC may be lost. Ignores failures, which the client's events report. */
  request(): void {
    if (!this.#signal.aborted) this.check().catch(() => undefined);
  }

  #tell(link: Link, number: LinkStateNumber): void {
    const limit = this.#limits[link.id];
    const isNew = limit?.hasOmitted === true && number === 2;
    if (limit) limit.hasOmitted = false;
    // The connection may be another one than before the URCs that were left out.
    if (isNew) link.urc('connected');
    else link.checked(number);
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
      else this.#tell(link, found.find((entry) => entry.link === link.id)?.state ?? 0);
      const { id, state, stateNumber, uri, owner } = link;
      return { link: id, state, stateNumber, uri, owner };
    });
  }
}
