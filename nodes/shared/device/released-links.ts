import type { LinkId } from '../../../driver/at/types';
import type { Cancel, Clock } from '../../../driver/clock';
import type { LinkApi } from './device-api';
import type { DeviceUser } from './device-host-options';

/** A redeployed node is back before that. */
const RETURN_MS = 500;

/** Links that a node has released as it ended: another node may keep open the same link, and takes it over. */
export class ReleasedLinks {
  readonly #clock: Clock;
  readonly #users: Iterable<DeviceUser>;
  readonly #links: () => readonly LinkApi[];
  readonly #cancels = new Set<Cancel>();
  #ended = false;

  constructor(clock: Clock, users: Iterable<DeviceUser>, links: () => readonly LinkApi[]) {
    this.#clock = clock;
    this.#users = users;
    this.#links = links;
  }

  release(links: readonly LinkId[]): void {
    if (this.#ended || links.length === 0) return;
    const cancel = this.#clock.after(RETURN_MS, () => {
      this.#cancels.delete(cancel);
      for (const link of links) this.#offer(link);
    });
    this.#cancels.add(cancel);
  }

  /** Offers a link that no node has claimed meanwhile. Each node with *Keep open* for it then opens it, as it does at start. */
  #offer(link: LinkId): void {
    if (this.#links()[link]?.shouldBeOpen === false)
      for (const user of this.#users) user.linkReleased?.(link);
  }

  end(): void {
    this.#ended = true;
    for (const cancel of this.#cancels) cancel();
  }
}
