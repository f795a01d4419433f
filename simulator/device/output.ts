import type { Uart } from '../serial/uart';

/**
 * Orders the output of the device's tasks. While the transmit ring is full, each free byte goes to the tasks that receive
 * from the network, as long as they have data: responses and echo follow that data.
 */
export class Output {
  readonly #uart: Uart;
  /** Responses and echo that wait for room. */
  #deferred: Buffer[] = [];
  #flushWaiters: (() => void)[] = [];
  #streaming = true;
  #roomWaiters: (() => void)[] = [];

  constructor(uart: Uart) {
    this.#uart = uart;
  }

  /** Writes an echo, a response or a short URC. */
  write(text: string | Buffer): void {
    const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
    if (this.#deferred.length > 0 || this.#uart.full) this.#deferred.push(bytes);
    else this.#uart.transmit(bytes);
  }

  /**
   * Calls `then` once everything written is in the transmit ring.
   * @returns whether the call is pending; false: the ring had room, and `then` was called
   */
  whenFlushed(then: () => void): boolean {
    const pending = this.#deferred.length > 0;
    if (pending) this.#flushWaiters.push(then);
    else then();
    return pending;
  }

  /** Writes data received from the network. Check {@link room} before reading more. */
  stream(bytes: Buffer): void {
    this.#uart.transmit(bytes);
  }

  get room(): boolean {
    return this.#streaming && !this.#uart.full;
  }

  /** Stops received data: deferred responses leave once the ring has room. */
  endStreams(): void {
    this.#streaming = false;
  }

  /** Calls `resume` once there is room. */
  whenRoom(resume: () => void): void {
    this.#roomWaiters.push(resume);
  }

  /** Call when the transmit ring has room again. */
  drained(): void {
    while (this.room) {
      const resume = this.#roomWaiters.shift();
      if (!resume) break;
      resume();
    }
    while (!this.#uart.full) {
      const bytes = this.#deferred.shift();
      if (!bytes) break;
      this.#uart.transmit(bytes);
    }
    if (this.#deferred.length > 0) return;
    const waiters = this.#flushWaiters;
    this.#flushWaiters = [];
    for (const waiter of waiters) waiter();
  }

  reset(): void {
    this.#deferred = [];
    this.#flushWaiters = [];
    this.#roomWaiters = [];
    this.#streaming = true;
  }
}
