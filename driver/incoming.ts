import type { DataFrame } from './at/frame';
import { Receiver, type ReceiverOptions } from './messages/receiver';

/** What one link receives, connection by connection. */
export class Incoming {
  #receiver: Receiver | undefined;
  /** Came before the device said that the link is open. */
  #early: DataFrame[] = [];
  #gapped = false;

  /** A connection has begun; what came {@link early} is its beginning. */
  begin(options: ReceiverOptions): void {
    const receiver = new Receiver(options);
    this.#receiver = receiver;
    for (const frame of this.#early.splice(0)) receiver.push(frame);
  }

  /** @param opening whether a connection is being opened whose data this may be */
  take(frame: DataFrame, opening: boolean): void {
    if (this.#receiver) this.#receiver.push(frame);
    else if (opening) this.#early.push(frame);
  }

  /** Something was lost. */
  gap(): void {
    this.#gapped = true;
    this.#receiver?.gap();
  }

  /** What comes can be trusted again. True when something was lost before: all since then was left out. */
  resume(): boolean {
    if (!this.#gapped) return false;
    this.#gapped = false;
    this.#receiver?.gap();
    return true;
  }

  /** The connection has ended. */
  end(): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    this.#gapped = false;
    this.#early = [];
    receiver?.close();
  }

  /** The opening has failed: what came early belongs to nothing. */
  forget(): void {
    this.#early = [];
  }
}
