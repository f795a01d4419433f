import { onTimeout, type Clock } from '../../clock';

/** Milliseconds without a byte until the next check. */
const QUIET_MS = 30_000;
/** Milliseconds until the next check while bytes come in: a URC may be lost. */
const LONGEST_INTERVAL_MS = 120_000;

/**
 * Checks the links when the device has been quiet. Detects a device that died or restarted unnoticed, and a link that
 * is no longer open.
 */
export class HealthCheck {
  readonly #clock: Clock;
  readonly #check: () => void;
  readonly #signal: AbortSignal;
  #heardAt: number;
  #checkedAt: number;

  /** @param signal its abort ends the checks */
  constructor(clock: Clock, check: () => void, signal: AbortSignal) {
    this.#clock = clock;
    this.#check = check;
    this.#signal = signal;
    this.#heardAt = this.#checkedAt = clock.now();
    this.#wait(QUIET_MS);
  }

  /** Bytes came from the device. */
  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  /** Milliseconds since the last check. */
  get checkedMs(): number {
    return this.#clock.now() - this.#checkedAt;
  }

  #wait(ms: number): void {
    const cancel = onTimeout(this.#clock, ms, () => {
      this.#signal.removeEventListener('abort', cancel);
      this.#due();
    });
    this.#signal.addEventListener('abort', cancel, { once: true });
  }

  #due(): void {
    const now = this.#clock.now();
    const due = Math.min(this.#heardAt + QUIET_MS, this.#checkedAt + LONGEST_INTERVAL_MS);
    if (due > now) return this.#wait(due - now);
    this.#checkedAt = now;
    this.#wait(QUIET_MS);
    this.#check();
  }
}
