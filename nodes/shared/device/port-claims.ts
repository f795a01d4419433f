/** What has a port: a device host, or a question of a dialog. */
export interface PortHolder {
  /**
   * A claimant waits for the port that this one holds. Returns the name of this one if it keeps the port; undefined if it
   * frees the port now, which takes time.
   */
  contested(): string | undefined;
}

/** What waits for its port: a device host. */
export interface Claimant extends PortHolder {
  /** The port is this claimant's now. Called within {@link PortClaims.request}, or any time later. */
  granted(): void;
  /** `holder` keeps the port; `granted()` follows when the holder releases it. */
  denied(holder: string): void;
}

interface Claim<T> {
  readonly address: string;
  readonly by: T;
}

/** Gives each port to one device host of this process at a time; the others wait in order of arrival. */
export class PortClaims {
  readonly #key: (address: string) => string;
  #held: readonly Claim<PortHolder>[] = [];
  /** In order of arrival. */
  #waiting: readonly Claim<Claimant>[] = [];
  /** See {@link obtain}. */
  #obtaining: readonly (Claim<PortHolder> & { readonly end: (keeper?: string) => void })[] = [];

  /**
   * @param key equal for two addresses of the same port. Called with each comparison: plugging an adapter in or out
   * changes the port that an address such as `/dev/serial/by-id/…` leads to.
   */
  constructor(key: (address: string) => string) {
    this.#key = key;
  }

  request(address: string, claimant: Claimant): void {
    const holder = this.holderOf(address);
    if (holder === undefined) {
      this.#hold(address, claimant);
      claimant.granted();
      return;
    }
    this.#waiting = [...this.#waiting, { address, by: claimant }];
    const keeper = holder.contested();
    if (keeper !== undefined) claimant.denied(keeper);
  }

  /** Gives a port at once; false where another one has it. */
  take(address: string, holder: PortHolder): boolean {
    if ((this.holderOf(address) ?? holder) !== holder) return false;
    this.#hold(address, holder);
    return true;
  }

  /**
   * Gives a port at once, or as soon as its holder has freed it, unless {@link release} ends the wait. Returns the name of a
   * holder that keeps it.
   */
  async obtain(address: string, by: PortHolder): Promise<string | undefined> {
    if (this.take(address, by)) return undefined;
    const keeper = this.holderOf(address)?.contested();
    if (keeper !== undefined) return keeper;
    return new Promise((end) => (this.#obtaining = [...this.#obtaining, { address, by, end }]));
  }

  /** What has the port. */
  holderOf(address: string): PortHolder | undefined {
    const key = this.#held.length > 0 && this.#key(address);
    return this.#held.find((claim) => this.#key(claim.address) === key)?.by;
  }

  /** Frees the ports that `holder` has, and ends its waiting for others. @param kept a port that it keeps */
  release(holder: PortHolder, kept?: string): void {
    const stays = ({ by, address }: Claim<PortHolder>) => by !== holder || address === kept;
    this.#held = this.#held.filter(stays);
    this.#waiting = this.#waiting.filter(stays);
    for (const claim of this.#waiting) {
      const { address, by } = claim;
      // `granted()` may have released other claims.
      if (!this.#waiting.includes(claim) || this.holderOf(address)) continue;
      this.#waiting = this.#waiting.filter((other) => other !== claim);
      this.#hold(address, by);
      by.granted();
    }
    const obtaining = this.#obtaining;
    this.#obtaining = [];
    for (const claim of obtaining)
      if (stays(claim)) void this.obtain(claim.address, claim.by).then(claim.end);
      else claim.end();
  }

  /** Once, however often a flow names the port. */
  #hold(address: string, by: PortHolder): void {
    const isKnown = this.#held.some((claim) => claim.by === by && claim.address === address);
    if (!isKnown) this.#held = [...this.#held, { address, by }];
  }
}
