import { EspAtError } from '../errors';
import { showsActivity } from './outcome';
import type { TimedPort } from './timing/timed-port';

/** Purpose of a wait. It selects the port idle time, and the time of a flood, that end the wait. */
export type Purpose =
  /** the response to a line end */
  | 'afterLineEnd'
  /** the response to a query */
  | 'afterQuery'
  /** the final result code of the command that is running: the device answered a line end with `busy p...` */
  | 'whileBusy'
  /** the rest of a response after its beginning */
  | 'pause'
  /** the response to a block of padding */
  | 'afterPadding'
  /** `ready` after `AT+RST` */
  | 'whileBooting';

/**
 * How soon silence means that no response will come.
 * - `startRate`: the device may be at work, or starting.
 * - `negotiatedRate`: a restarted device talks at another rate and cannot be heard.
 * - `search`: most probably the device is at another rate.
 */
export type Pace = 'startRate' | 'negotiatedRate' | 'search';

/** Milliseconds that a flood from a server may delay a response, beyond the idle time. Measured: 17 s. */
const FLOOD_MS = 30_000;

/** Milliseconds of port idle time, by pace, that end a wait. `flood`: milliseconds that end it though the port was never idle. */
const LIMITS_MS: Readonly<Record<Purpose, Readonly<Record<Pace | 'flood', number>>>> = {
  afterLineEnd: { startRate: 1200, negotiatedRate: 500, search: 250, flood: 1200 + FLOOD_MS },
  afterQuery: { startRate: 1200, negotiatedRate: 1200, search: 500, flood: 1200 + FLOOD_MS },
  whileBusy: { startRate: 1500, negotiatedRate: 1500, search: 1500, flood: 1500 + FLOOD_MS },
  // Short: the query after it proves more than a longer pause would.
  pause: { startRate: 30, negotiatedRate: 30, search: 30, flood: 300 },
  // Short: a padding takes up to five blocks, and one too many is harmless.
  afterPadding: { startRate: 150, negotiatedRate: 75, search: 75, flood: 3000 },
  // A restarted device may send `ready` at another rate, unheard: the search at that rate must begin in time.
  whileBooting: { startRate: 8000, negotiatedRate: 500, search: 500, flood: 8000 + FLOOD_MS },
};

/** Lines to store between two waits, at most. */
const MAX_STORED_LINES = 16;

/** Outcome of a wait: a line (`>` for a prompt), or none. `flooded`: the port was never idle. */
export type WaitResult =
  { readonly line: string } | { readonly line?: undefined; readonly flooded: boolean };

/** Whether a line ends the wait. `consumed`: the wait goes on, but the line belongs to the response and is no URC. */
export type Accept = (line: string) => boolean | 'consumed';

interface PendingWait {
  readonly accept: Accept;
  readonly resolve: (result: WaitResult) => void;
  readonly reject: (reason: unknown) => void;
}

/** The port, lent to one resync or to a command sequence. Writes nothing once it is aborted. */
export class PortLease {
  /** Lines that show activity, since the port was lent; a resync deletes an earlier prompt (`>`) when it pads. */
  readonly seen = new Set<string>();
  readonly #port: TimedPort;
  readonly #pace: Pace;
  #aborted = false;
  #wait: PendingWait | undefined;
  #stored: string[] = [];

  constructor(port: TimedPort, pace: Pace) {
    this.#port = port;
    this.#pace = pace;
  }

  /** Whether the client has taken the port back. */
  get aborted(): boolean {
    return this.#aborted;
  }

  /** Takes the port back. */
  abort(): void {
    this.#aborted = true;
    this.#endWait()?.reject(new EspAtError('ABORTED'));
  }

  get pendingBytes(): number {
    return this.#port.pendingBytes;
  }

  now(): number {
    return this.#port.clock.now();
  }

  write(bytes: Uint8Array): void {
    if (this.#aborted) return;
    this.#stored = [];
    this.#port.request(bytes);
  }

  /**
   * Waits for the first line that `accept` takes: first among the stored lines, then among those to come. Port idle time
   * counts from now on, or from the time at which the last request has left.
   * @throws EspAtError `ABORTED`
   */
  async next(purpose: Purpose, accept: Accept): Promise<WaitResult> {
    if (this.#aborted) throw new EspAtError('ABORTED');
    const index = this.#stored.findIndex((line) => accept(line) === true);
    const line = this.#stored[index];
    this.#stored = index < 0 ? [] : this.#stored.slice(index + 1);
    if (line !== undefined) return { line };
    const limits = LIMITS_MS[purpose];
    this.#port.restartTimer();
    return new Promise((resolve, reject) => {
      this.#wait = { accept, resolve, reject };
      this.#watch(limits[this.#pace], limits.flood);
    });
  }

  /** Takes a line, or `>` for a prompt. Returns false when the line does not belong to the wait: it may be a URC. */
  take(line: string): boolean {
    if (showsActivity(line)) this.seen.add(line);
    if (!this.#wait) {
      if (this.#stored.length < MAX_STORED_LINES) this.#stored.push(line);
      return false;
    }
    const accepted = this.#wait.accept(line);
    if (accepted === true) this.#endWait()?.resolve({ line });
    else if (accepted === false) return false;
    return true;
  }

  /** @param floodMs milliseconds after which the wait ends although the port was never idle */
  #watch(idleMs: number, floodMs: number): void {
    const { timer } = this.#port;
    const rest = idleMs - timer.idle;
    const left = floodMs - timer.elapsed;
    if (rest <= 0 || left <= 0) this.#endWait()?.resolve({ flooded: rest > 0 });
    else timer.watch(Math.min(rest, left), () => this.#watch(idleMs, floodMs));
  }

  #endWait(): PendingWait | undefined {
    const wait = this.#wait;
    this.#wait = undefined;
    this.#port.timer.stop();
    return wait;
  }
}
