import { IdleTimer } from './timing/idle-timer';
import type { Clock } from '../clock';

/** Measures whether no data has come for a time. A blocked event loop does not count: it has not read the data that came. */
export class DataIdle {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #timer: IdleTimer;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#timer = new IdleTimer(clock);
  }

  get hasReachedLimit(): boolean {
    return this.#timer.idle >= this.#limitMs;
  }

  /** Call when data comes in. */
  restart(): void {
    this.#timer.restart(this.#clock.now());
    this.#watch();
  }

  stop(): void {
    this.#timer.stop();
  }

  /** Keeps the timer watching: only then does it notice a blocked event loop. */
  #watch(): void {
    this.#timer.watch(this.#limitMs - this.#timer.idle, () => {
      if (!this.hasReachedLimit) this.#watch();
    });
  }
}
