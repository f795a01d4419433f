import type { Cancel, Clock } from '../clock';
import type { EspAtError } from '../errors';
import type { SendOptions } from './options';

/** One message until it is settled: it waits for its link, or it is with the session. */
export class PendingSend {
  readonly bytes: Uint8Array;
  readonly options: SendOptions;
  /** Settles with the message. */
  readonly settled: Promise<void>;
  /** How it was refused over a link that seemed open, until it is known whether it was. */
  refusal: EspAtError | undefined;
  readonly #clock: Clock;
  readonly #until: number;
  #resolve: () => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #endWait: Cancel | undefined;
  #takeBack: (() => boolean) | undefined;

  constructor(bytes: Uint8Array, options: SendOptions, clock: Clock) {
    this.bytes = bytes;
    this.options = options;
    this.#clock = clock;
    this.#until = clock.now() + (options.hold ?? 0) * 1000;
    this.settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get waiting(): boolean {
    return this.#endWait !== undefined;
  }

  /** Milliseconds for which it may wait for its link from now on. */
  get patience(): number {
    return Math.max(0, this.#until - this.#clock.now());
  }

  /** It waits for its link, or for its turn; `late` is called after so many milliseconds of it. */
  wait(milliseconds: number, late: () => void): void {
    this.#takeBack = undefined;
    this.#endWait = this.#clock.after(milliseconds, late);
  }

  /** It waits no longer. */
  go(): void {
    this.refusal = undefined;
    this.#endWait?.();
    this.#endWait = undefined;
  }

  /** It is with the session, from which this takes it back unless it was begun. */
  given(takeBack: () => boolean): void {
    this.#takeBack = takeBack;
  }

  /** Takes it back from the session; false when it is not there, or was begun. */
  takeBack(): boolean {
    return !this.waiting && this.#takeBack?.() === true;
  }

  resolve(): void {
    this.go();
    this.#resolve();
  }

  reject(error: unknown): void {
    this.go();
    this.#reject(error);
  }
}
