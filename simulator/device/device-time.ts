import type { Clock } from '../clock';

/** The device's date and time. They begin at 1970, and run on from the time that `set` gives them. */
export class DeviceTime {
  readonly #clock: Clock;
  #origin: number;
  #base = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#origin = clock.now();
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#base + this.#clock.now() - this.#origin;
  }

  set(milliseconds: number): void {
    this.#base = milliseconds;
    this.#origin = this.#clock.now();
  }
}
