import type { AtClient } from '../../at/at-client';
import type { LinkId } from '../../at/types';
import { delay, type Clock } from '../../clock';
import type { Link } from '../../link/link';
import { checked, urc } from '../../link/state/device-step';
import { TokenBucket } from '../../token-bucket';
import type { LinkStatus } from '../options';
import { runQuery } from '../../commands/run-query';
import { wsopenQuery, type ListedLink } from '../../commands/wsopen';

/** URCs of a link that the driver takes: a burst, then so many a second. A check of the links replaces faster ones. */
const URC_BURST = 20;
const URCS_PER_SECOND = 1;
/** Milliseconds without a byte until the next check. */
const QUIET_MS = 30_000;
/** Milliseconds between checks while bytes come in: a URC may be lost. */
const MAX_INTERVAL_MS = 120_000;

/**
 * Queries the states of the links (`AT+WSOPEN?`), and passes each to its link, until the signal aborts. Queries them also
 * where the device is quiet for 30 s, and every 120 s: that detects a device that no longer answers or has restarted
 * unnoticed, and a link that is no longer open.
 */
export class LinkChecks {
  readonly #client: Pick<AtClient, 'sequence'>;
  readonly #links: readonly Link[];
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #buckets: readonly TokenBucket[];
  /** Links of which the driver has dropped URCs since the last check; the next check shows what they said. */
  readonly #dropped = new Set<LinkId>();
  /** Links with a URC since the last check began: the URC is newer than the response. */
  #changed = new Set<LinkId>();
  /** The check that is still in the command queue. */
  #queued: Promise<LinkStatus[]> | undefined;
  #receivedAt: number;
  #scheduledCheckAt: number;

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
    this.#buckets = links.map(() => new TokenBucket(clock, URC_BURST, URCS_PER_SECOND));
    this.#receivedAt = this.#scheduledCheckAt = clock.now();
    void this.#checkRegularly().catch(() => undefined);
  }

  /** Bytes of the device have come. */
  received(): void {
    this.#receivedAt = this.#clock.now();
  }

  /** Milliseconds since the last check by {@link #checkRegularly}. */
  get sinceScheduledCheckMs(): number {
    return this.#clock.now() - this.#scheduledCheckAt;
  }

  /** A URC of this link has come. Returns false where it came too fast: a later check replaces it. */
  urc(id: LinkId): boolean {
    const state = this.#links[id]?.state;
    // An operation waits for each URC.
    if (state !== 'opening' && state !== 'closing') {
      if (this.#dropped.has(id)) return false;
      const ms = this.#buckets[id]?.take() ?? 0;
      if (ms > 0) {
        this.#dropped.add(id);
        void this.#checkIn(ms, id).catch(() => undefined);
        return false;
      }
    }
    this.#changed.add(id);
    return true;
  }

  /**
   * Checks all links. Callers share a check that is still in the command queue.
   * @throws EspAtError `OUT_OF_SYNC`, `COMMAND_FAILED`, `FIRMWARE_UNKNOWN`, `DEVICE_*`, `PORT_*`
   */
  check(): Promise<LinkStatus[]> {
    return (this.#queued ??= this.#check());
  }

  /** Checks the links because a URC may be lost. Ignores failures, which the client's events report. */
  request(): void {
    if (!this.#signal.aborted) this.check().catch(() => undefined);
  }

  /** Checks the links in `ms` milliseconds, and each second from then on, until a check succeeds. */
  async #checkIn(ms: number, id: LinkId): Promise<void> {
    for (let wait = ms; this.#dropped.has(id); wait = 1000 / URCS_PER_SECOND) {
      await delay(this.#clock, wait, { signal: this.#signal });
      await this.check().catch(() => undefined);
    }
  }

  async #checkRegularly(): Promise<void> {
    for (;;) {
      const now = this.#clock.now();
      const due = Math.min(this.#receivedAt + QUIET_MS, this.#scheduledCheckAt + MAX_INTERVAL_MS);
      if (due <= now) {
        this.#receivedAt = this.#scheduledCheckAt = now;
        this.request();
      } else await delay(this.#clock, due - now, { signal: this.#signal });
    }
  }

  async #check(): Promise<LinkStatus[]> {
    const changed = new Set<LinkId>();
    const found = await this.#client.sequence(async ({ run }) => {
      // An idle client begins at once: before `check` has set #queued.
      await Promise.resolve();
      this.#queued = undefined;
      this.#changed = changed;
      return runQuery(run, wsopenQuery);
    });
    this.#signal.throwIfAborted();
    return this.#links.map((link) => {
      if (changed.has(link.id)) this.request();
      else this.#inform(link, found);
      const { id, state, stateNumber, uri, owner } = link;
      return { link: id, state, stateNumber, uri, owner };
    });
  }

  #inform(link: Link, found: readonly ListedLink[]): void {
    const { state: number = 0, uri } = found.find((entry) => entry.link === link.id) ?? {};
    // The connection may be another one than before the dropped URCs.
    const isNew = this.#dropped.delete(link.id) && number === 2;
    link.take((state) => (isNew ? urc(state, 'connected') : checked(state, number, uri)));
  }
}
