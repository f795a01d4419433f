import type { Clock } from '../clock';

/** Who may use a connection: its task, or someone who sends. Those who wait get it in order. */
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

  /** Takes it for the task, which has found it free. */
  hold(): void {
    this.#held = true;
  }

  /** Calls `done` with true when the lock is taken, with false when that took longer than `timeout` milliseconds. */
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

  /** Calls `retry` as soon as the lock is free, before anyone who waits to take it. */
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

  /** No task gets the lock any more; no timer is left. */
  destroy(): void {
    for (const waiter of this.#waiters) waiter.cancel();
    this.#waiters = [];
  }
}

interface Waiter {
  /** Whether waking means taking the lock. */
  readonly holds: boolean;
  wake(): void;
  cancel(): void;
}
