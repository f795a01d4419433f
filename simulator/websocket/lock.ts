import type { Clock } from '../clock';

/** The lock of a connection, for its task and for commands that send. Waiters get it in order. */
export class Lock {
  readonly #clock: Clock;
  #held = false;
  #waiters: Waiter[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get held(): boolean {
    return this.#held;
  }

  /** Takes the free lock for the task. */
  hold(): void {
    this.#held = true;
  }

  /** Takes the lock. Calls `done` with true once taken, with false after `timeout` milliseconds. */
  take(timeout: number, done: (taken: boolean) => void): void {
    if (!this.#held) {
      this.#held = true;
      done(true);
      return;
    }
    const waiter: Waiter = {
      holds: true,
      wake: () => {
        cancel();
        done(true);
      },
      cancel: () => cancel(),
    };
    const cancel = this.#clock.after(timeout, () => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
      done(false);
    });
    this.#waiters.push(waiter);
  }

  /** Calls `retry` once the lock is free, before all waiters that take it. */
  whenFree(retry: () => void): void {
    this.#waiters.unshift({ holds: false, wake: retry, cancel: () => undefined });
  }

  release(): void {
    this.#held = false;
    const next = this.#waiters.shift();
    if (!next) return;
    this.#held = next.holds;
    next.wake();
  }

  /** Drops all waiters and their timers. */
  destroy(): void {
    for (const waiter of this.#waiters) waiter.cancel();
    this.#waiters = [];
  }
}

interface Waiter {
  /** Whether the waiter takes the lock. */
  readonly holds: boolean;
  wake(): void;
  cancel(): void;
}
