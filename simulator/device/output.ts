import type { Uart } from '../serial/uart';

/**
 * What the device says on its serial port, and who goes first. The tasks that receive from the network
 * never let go of a full transmit ring while they have data, so answers and echo come after it.
 */
export class Output {
  readonly #uart: Uart;
  #deferred: Buffer[] = [];
  /** Called once what was said before them is in the transmit ring. */
  #flushWaiters: (() => void)[] = [];
  /** Whether the tasks that receive may go on. */
  #streaming = true;
  /** In the order in which they began to wait. */
  #waiting: (() => void)[] = [];

  constructor(uart: Uart) {
    this.#uart = uart;
  }

  /** An echo, an answer or a small report. */
  say(text: string | Buffer): void {
    const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
    if (this.#deferred.length > 0 || this.#uart.full) this.#deferred.push(bytes);
    else this.#uart.transmit(bytes);
  }

  /**
   * Calls `then` once all that was said is in the transmit ring: at once, unless the ring is full.
   * @returns whether it is still to be called
   */
  whenFlushed(then: () => void): boolean {
    const pending = this.#deferred.length > 0;
    if (pending) this.#flushWaiters.push(then);
    else then();
    return pending;
  }

  /** Received data. Ask for {@link room} before taking more from the network. */
  stream(bytes: Buffer): void {
    this.#uart.transmit(bytes);
  }

  get room(): boolean {
    return this.#streaming && !this.#uart.full;
  }

  /** Takes no more received data: what was said comes out once the ring has room. */
  endStreams(): void {
    this.#streaming = false;
  }

  /** Calls `resume` once there is room. Returns its cancel. */
  whenRoom(resume: () => void): () => void {
    this.#waiting.push(resume);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== resume);
    };
  }

  /** The transmit ring has room again. */
  drained(): void {
    while (this.room) {
      const resume = this.#waiting.shift();
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
    this.#waiting = [];
    this.#streaming = true;
  }
}
