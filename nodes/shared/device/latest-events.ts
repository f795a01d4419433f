import type { Clock } from '../../../driver/clock';
import type { LinkId } from '../../../driver/at/types';
import type { LinkApi, DeviceApi } from './device-api';
import type { DeviceUser } from './device-host-options';
import { listenToLinks, type FlowLinkEvent } from './flow-events';

/** Keeps the latest event of each link of a device, for nodes that are deployed after it. */
export class LatestEvents implements DeviceUser {
  readonly #clock: Clock;
  /** The event, and when it came. In order of the events. */
  readonly #latest = new Map<LinkId, { readonly event: FlowLinkEvent; readonly at: number }>();
  /** The owners as the changes of the links have told them. */
  readonly #owners = new Map<LinkId, string | undefined>();
  #stopListening: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  deviceChanged(device: DeviceApi | undefined): void {
    this.#stopListening?.();
    this.#latest.clear();
    this.#owners.clear();
    this.#stopListening = device && listenToLinks(device.links, (event) => this.#note(event));
  }

  linkTakenOver(event: FlowLinkEvent): void {
    this.#note(event);
  }

  #note(event: FlowLinkEvent): void {
    if (event.event === 'warning') return;
    const { link, owner } = event;
    // While an open() waits for a check of the links, a data loss names its owner, which has not taken the link over yet.
    if (event.event !== 'data-loss') this.#owners.set(link, owner);
    const failure = event.event === 'retrying' && this.#latest.get(link)?.event.error;
    this.#latest.delete(link);
    this.#latest.set(link, {
      event: { ...event, ...(failure && { error: failure }) },
      at: this.#clock.now(),
    });
  }

  /**
   * Returns the event of a takeover where a link is open, and no change has told its owner: open() emits none where it takes
   * over the connection of another owner.
   */
  takeover({ id: link, stateNumber: state, uri, owner }: LinkApi): FlowLinkEvent | undefined {
    const isTold = this.#owners.get(link) === owner;
    return state !== 2 || isTold ? undefined : { event: 'opened', link, state, uri, owner };
  }

  /**
   * Returns the latest event of these links: `retryIn` is the time left, and a `retrying` has the error of the attempt
   * before.
   */
  of(links: readonly LinkApi[]): FlowLinkEvent | undefined {
    const latest = [...this.#latest.values()].findLast(({ event }) =>
      links.some(({ id }) => id === event.link),
    );
    if (latest?.event.retryIn === undefined) return latest?.event;
    const { event, at } = latest;
    return { ...event, retryIn: Math.max(0, latest.event.retryIn - (this.#clock.now() - at)) };
  }
}
