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

  /** @param owner the name by which the node had the links open */
  release(links: readonly LinkId[], owner: string): void {
    if (this.#ended || links.length === 0) return;
    const cancel = this.#clock.after(RETURN_MS, () => {
      this.#cancels.delete(cancel);
      for (const link of links) this.#offer(link, owner);
    });
    this.#cancels.add(cancel);
  }

  /** Offers a link to the users: each that keeps it open opens it, as at its start. */
  #offer(link: LinkId, owner: string): void {
    for (const user of this.#users)
      if (this.#links()[link]?.owner === owner) user.linkReleased?.(link);
  }

  end(): void {
    this.#ended = true;
    for (const cancel of this.#cancels) cancel();
  }
}
