import type { DataChunk, DataReceiver, LinkId } from '../types';

/** The receivers of the links' data. Drops the data of a link without one. */
export class DataReceivers {
  readonly #receivers: (DataReceiver | undefined)[] = [];

  set(link: LinkId, receiver: DataReceiver | undefined): void {
    this.#receivers[link] = receiver;
  }

  push(frame: DataChunk): void {
    this.#receivers[frame.link]?.push(frame);
  }

  dataLost(): void {
    for (const receiver of this.#receivers) receiver?.dataLost();
  }

  /** Whether the device may have a connection of any link. */
  get hasConnection(): boolean {
    return this.#receivers.some((receiver) => receiver?.connected);
  }

  clear(): void {
    this.#receivers.length = 0;
  }
}
