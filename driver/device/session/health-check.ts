import { delay, type Clock } from '../../clock';

/** Milliseconds without a byte until the next check. */
const QUIET_MS = 30_000;
/** Milliseconds between checks while bytes come in: a URC may be lost. */
const MAX_INTERVAL_MS = 120_000;

/**
 * Checks the links when the device has been quiet. Detects a device that no longer answers or has restarted unnoticed,
 * and a link that is no longer open.
 */
export class HealthCheck {
  readonly #clock: Clock;
  readonly #check: () => void;
  #receivedAt: number;
  #checkedAt: number;

  /** @param signal its abort ends the checks */
  constructor(clock: Clock, check: () => void, signal: AbortSignal) {
    this.#clock = clock;
    this.#check = check;
    this.#receivedAt = this.#checkedAt = clock.now();
    void this.#run(signal).catch(() => undefined);
  }

  received(): void {
    this.#receivedAt = this.#clock.now();
  }

  get sinceCheckMs(): number {
    return this.#clock.now() - this.#checkedAt;
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (;;) {
      const now = this.#clock.now();
      const due = Math.min(this.#receivedAt + QUIET_MS, this.#checkedAt + MAX_INTERVAL_MS);
      if (due <= now) {
        this.#receivedAt = this.#checkedAt = now;
        this.#check();
      } else await delay(this.#clock, due - now, { signal });
    }
  }
}
