import type { Clock } from '../../../driver/clock';

/** Waits for conditions in the time of a clock. */
export class Waiting {
  readonly #clock: Clock;
  readonly #checks = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Call after each change that a condition may depend on. */
  recheck(): void {
    for (const check of [...this.#checks]) check();
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(milliseconds, resolve));
  }

  /** Resolves with true as soon as `done()` is true, with false after the limit in milliseconds. */
  until(done: () => boolean, limit: number): Promise<boolean> {
    if (done()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (result: boolean) => {
        cancel();
        this.#checks.delete(recheck);
        resolve(result);
      };
      const recheck = () => {
        if (done()) settle(true);
      };
      const cancel = this.#clock.after(limit, () => settle(false));
      this.#checks.add(recheck);
    });
  }
}
