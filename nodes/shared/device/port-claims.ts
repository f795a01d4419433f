/** Who wants a port for itself. */
export interface Claimant {
  /** Its name, for the others. */
  readonly label: string;
  /** The port is free for it now. May come within {@link PortClaims.request}, or any time later. */
  granted(): void;
  /** Another one holds the port; it is granted when that one lets go. */
  denied(holder: string): void;
  /** Another one wants the port this one holds. */
  wanted(): void;
}

/** One user a port, of all the devices in this process; the others wait in the order they came. */
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
    holder.wanted();
  }

  /** Lets the port go, or gives up waiting for it. */
  release(port: string, claimant: Claimant): void {
    const queue = this.#queues.get(port) ?? [];
    const index = queue.indexOf(claimant);
    if (index < 0) return;
    queue.splice(index, 1);
    if (queue.length === 0) this.#queues.delete(port);
    if (index === 0) queue[0]?.granted();
  }
}
