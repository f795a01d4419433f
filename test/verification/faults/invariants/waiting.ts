import type { Clock } from '../../../../driver/clock';

/** Waits in the time of a clock for conditions, which are looked at again after each change. */
export class Waiting {
  readonly #clock: Clock;
  readonly #checks = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something has changed. */
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
