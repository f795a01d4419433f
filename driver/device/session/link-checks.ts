import type { AtClient } from '../../at/at-client';
import type { LinkId } from '../../at/types';
import { delay, type Clock } from '../../clock';
import type { Link } from '../../link/link';
import { queryLinks } from '../../link/query-links';
import { checked, urc } from '../../link/state/device-step';
import { TokenBucket } from '../../token-bucket';
import type { LinkStatus } from '../options';
import type { LinkStateNumber } from '../../commands/wsopen';

/** URCs of a link that the driver takes: a burst, then so many a second. A check of the links replaces faster ones. */
const URC_BURST = 20;
const URCS_PER_SECOND = 1;

interface UrcLimit {
  readonly bucket: TokenBucket;
  /** Whether the driver has dropped URCs since the last check; the next check shows what they said. */
  hasDropped: boolean;
}

/** Queries the states of the links (`AT+WSOPEN?`), and passes each to its link, until the signal aborts. */
export class LinkChecks {
  readonly #client: Pick<AtClient, 'sequence'>;
  readonly #links: readonly Link[];
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  readonly #limits: readonly UrcLimit[];
  /** The check that is still in the command queue. */
  #queued: Promise<LinkStatus[]> | undefined;
  /** Links with a URC since the last check began: the URC is newer than the response. */
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
      return { bucket: new TokenBucket(clock, URC_BURST, URCS_PER_SECOND), hasDropped: false };
    });
  }

  /** A URC of this link has come. Returns false where it came too fast: a later check replaces it. */
  urc(link: LinkId): boolean {
    if (!this.#isSlowEnough(link)) return false;
    this.#changed.add(link);
    return true;
  }

  /** Passes all URCs during an operation, which waits for them. */
  #isSlowEnough(id: LinkId): boolean {
    const state = this.#links[id]?.state;
    const limit = this.#limits[id];
    if (!limit || state === 'opening' || state === 'closing') return true;
    if (limit.hasDropped) return false;
    const ms = limit.bucket.take();
    if (ms === 0) return true;
    limit.hasDropped = true;
    void this.#checkIn(ms, limit).catch(() => undefined);
    return false;
  }

  /** Checks the links in `ms` milliseconds, and each second from then on, until a check succeeds. */
  async #checkIn(ms: number, limit: UrcLimit): Promise<void> {
    for (let wait = ms; limit.hasDropped; wait = 1000 / URCS_PER_SECOND) {
      await delay(this.#clock, wait, { signal: this.#signal });
      await this.check().catch(() => undefined);
    }
  }

  /**
   * Checks all links. Callers share a check that is still in the command queue.
   * @throws EspAtError `OUT_OF_SYNC`, `COMMAND_FAILED`, `FIRMWARE_UNKNOWN`, `DEVICE_*`, `PORT_*`
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

  /** Checks the links because a URC may be lost. Ignores failures, which the client's events report. */
  request(): void {
    if (!this.#signal.aborted) this.check().catch(() => undefined);
  }

  #inform(link: Link, number: LinkStateNumber, uri: string | undefined): void {
    const limit = this.#limits[link.id];
    const isNew = limit?.hasDropped === true && number === 2;
    if (limit) limit.hasDropped = false;
    // The connection may be another one than before the dropped URCs.
    link.take((state) => (isNew ? urc(state, 'connected') : checked(state, number, uri)));
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
      else {
        const listed = found.find((entry) => entry.link === link.id);
        this.#inform(link, listed?.state ?? 0, listed?.uri);
      }
      const { id, state, stateNumber, uri, owner } = link;
      return { link: id, state, stateNumber, uri, owner };
    });
  }
}
