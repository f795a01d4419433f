import type { LinkId } from '../../../driver/at/types';
import type { VirtualHarness } from './virtual-harness';
import { ARRIVAL_TIMEOUT_MS, links, type Traffic } from './traffic';
import type { Waiting } from './waiting';

/** Limit of every wait. */
export const TIMEOUT_MS = 240_000;
const PROBE_HOLD_MS = 20_000;
/** `usable` looks at this many of the latest messages. */
const RECENT_MESSAGES = 40;

/** Waits until driver, device and servers work again. */
export class Recovery {
  readonly #harness: VirtualHarness;
  readonly #traffic: Traffic;
  readonly #waiting: Waiting;

  constructor(harness: VirtualHarness, traffic: Traffic, waiting: Waiting) {
    this.#harness = harness;
    this.#traffic = traffic;
    this.#waiting = waiting;
  }

  /** When the device was ready, all links were open, and a message that began after `gone` was sent. */
  async usable(gone: number): Promise<number | undefined> {
    const { log, clock, device } = this.#harness;
    const isUsable = () =>
      device.state.name === 'ready' &&
      links.every((link) => device.link(link).stateNumber === 2) &&
      log.out
        .slice(-RECENT_MESSAGES)
        .some(({ outcome, payloadAt = 0 }) => outcome === 'sent' && payloadAt >= gone);
    return (await this.#waiting.until(isUsable, TIMEOUT_MS)) ? clock.now() : undefined;
  }

  /** When all links pass messages both ways again; undefined: not within the limit. */
  async recovered(): Promise<number | undefined> {
    const until = this.#harness.clock.now() + TIMEOUT_MS;
    const times = await Promise.all(links.map((link) => this.#roundTrip(link, until)));
    const known = times.filter((at) => at !== undefined);
    return known.length === times.length ? Math.max(...known) : undefined;
  }

  async #roundTrip(link: LinkId, until: number): Promise<number | undefined> {
    const { clock } = this.#harness;
    while (clock.now() < until) {
      if (this.#harness.host.blocked) await this.#harness.host.awake();
      const out = this.#traffic.send(link, PROBE_HOLD_MS);
      await this.#waiting.until(() => out?.outcome !== 'pending', TIMEOUT_MS);
      if (out?.outcome === 'sent') {
        await this.#waiting.until(() => out.arrivals.length > 0, ARRIVAL_TIMEOUT_MS);
        const answer = this.#traffic.serve(link, true);
        if (
          answer &&
          (await this.#waiting.until(() => answer.arrivals.length > 0, ARRIVAL_TIMEOUT_MS))
        ) {
          return clock.now();
        }
      }
      await this.#waiting.sleep(50);
    }
    return undefined;
  }

  /** When the links that were lost with the device or its port were open again; undefined: none was lost. */
  reopened(from: number, gone: number): number | undefined {
    const { events } = this.#harness.log;
    const since = events.slice(events.findLastIndex(({ at }) => at < from) + 1);
    if (!since.some(({ event }) => event === 'device-lost')) return undefined;
    return since.findLast(({ event, at }) => event === 'reopened' && at >= gone)?.at;
  }
}
