import type { Cancel, Clock } from '../clock';

/** Waits for what reports bring about, for as long as somebody cares. */
export class Lookout {
  readonly #clock: Clock;
  readonly #looks = new Set<(error?: Error) => void>();
  #ended: Error | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Settles as soon as `done()`, at the latest after `patience` milliseconds.
   * @throws what it was {@link end}ed with
   */
  until(done: () => boolean, patience: number): Promise<void> {
    if (this.#ended) return Promise.reject(this.#ended);
    if (done()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const look = (error?: Error) => {
        if (!error && !done()) return;
        leave();
        if (error) reject(error);
        else resolve();
      };
      const cancel: Cancel = this.#clock.after(patience, () => {
        leave();
        resolve();
      });
      const leave = () => {
        cancel();
        this.#looks.delete(look);
      };
      this.#looks.add(look);
    });
  }

  /** Something happened. */
  look(): void {
    for (const look of [...this.#looks]) look();
  }

  /** Ends every wait, now and later. */
  end(error: Error): void {
    this.#ended = error;
    for (const look of [...this.#looks]) look(error);
  }
}
