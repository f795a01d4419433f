import { IdleTimer } from './timing/timeouts';
import type { Clock } from '../clock';

/**
 * Tells whether no data has come for some time. While the event loop is blocked no time passes: data that has come then is
 * not read yet.
 */
export class Silence {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #timer: IdleTimer;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#timer = new IdleTimer(clock);
  }

  get isOver(): boolean {
    return this.#timer.idle >= this.#limitMs;
  }

  /** Data has come. */
  restart(): void {
    this.#timer.restart(this.#clock.now());
    this.#watch();
  }

  stop(): void {
    this.#timer.stop();
  }

  #watch(): void {
    this.#timer.watch(this.#limitMs - this.#timer.idle, () => {
      if (!this.isOver) this.#watch();
    });
  }
}
