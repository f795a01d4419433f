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

/** Gives each port to one device host of this process at a time; the others wait in order of arrival. */
export class PortClaims {
  readonly #queues = new Map<string, Claimant[]>();

  request(port: string, claimant: Claimant): void {
    const queue = this.#queues.get(port) ?? [];
    this.#queues.set(port, queue);
    queue.push(claimant);
    const [holder] = queue;
    if (holder === claimant || holder === undefined) {
      claimant.granted();
      return;
    }
    claimant.denied(holder.label);
    holder.contested();
  }

  /** Gives a free port to a claimant at once; false where another one has it. */
  take(port: string, claimant: Claimant): boolean {
    if (this.#queues.has(port)) return false;
    this.#queues.set(port, [claimant]);
    return true;
  }

  /** The claimant that has the port. */
  holderOf(port: string): Claimant | undefined {
    return this.#queues.get(port)?.[0];
  }

  /** Frees the port, or takes a claimant that waits for it off the list. */
  release(port: string, claimant: Claimant): void {
    const queue = this.#queues.get(port) ?? [];
    const index = queue.indexOf(claimant);
    if (index < 0) return;
    queue.splice(index, 1);
    if (queue.length === 0) this.#queues.delete(port);
    if (index === 0) queue[0]?.granted();
  }
}
