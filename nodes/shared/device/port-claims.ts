/** A device host, or another object that uses a port. */
export interface Claimant {
  /** Its name, for the sentence that another claimant is refused with. */
  readonly label: string;
  /** The port is this claimant's now. Called within {@link PortClaims.request}, or any time later. */
  granted(): void;
  /** `holder` has the port; `granted()` follows when the holder releases it. */
  denied(holder: string): void;
  /** Another claimant waits for the port that this one holds. */
  contested(): void;
}

interface Claim {
  readonly address: string;
  readonly claimant: Claimant;
  isGranted: boolean;
}

/** Gives each port to one device host of this process at a time; the others wait in order of arrival. */
export class PortClaims {
  readonly #key: (address: string) => string;
  /** In order of arrival. */
  #claims: readonly Claim[] = [];

  /**
   * @param key equal for two addresses of the same port. Called with each comparison: plugging an adapter in or out
   * changes the port that an address such as `/dev/serial/by-id/…` leads to.
   */
  constructor(key: (address: string) => string) {
    this.#key = key;
  }

  request(address: string, claimant: Claimant): void {
    const holder = this.holderOf(address);
    const claim = { address, claimant, isGranted: holder === undefined };
    this.#claims = [...this.#claims, claim];
    if (holder === undefined) {
      claimant.granted();
      return;
    }
    claimant.denied(holder.label);
    holder.contested();
  }

  /** Gives a port to a claimant at once; false where another one has it. */
  take(address: string, claimant: Claimant): boolean {
    if ((this.holderOf(address) ?? claimant) !== claimant) return false;
    const others = this.#claims.filter(
      (claim) => claim.claimant !== claimant || claim.address !== address,
    );
    this.#claims = [...others, { address, claimant, isGranted: true }];
    return true;
  }

  /** The claimant that has the port. */
  holderOf(address: string): Claimant | undefined {
    const granted = this.#claims.filter(({ isGranted }) => isGranted);
    const key = granted.length > 0 && this.#key(address);
    return granted.find((claim) => this.#key(claim.address) === key)?.claimant;
  }

  /** Frees the ports that a claimant has, and takes it off the list of those that wait. @param kept a port that it keeps */
  release(claimant: Claimant, kept?: string): void {
    this.#claims = this.#claims.filter(
      (claim) => claim.claimant !== claimant || claim.address === kept,
    );
    for (const claim of this.#claims) {
      // `granted()` may have released other claims.
      if (claim.isGranted || !this.#claims.includes(claim)) continue;
      if (this.holderOf(claim.address)) continue;
      claim.isGranted = true;
      claim.claimant.granted();
    }
  }
}
