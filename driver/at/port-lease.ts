import { isFinalResultCode } from './outcome';
import type { TimedPort } from './timing/timed-port';
import { IdleTimer } from './timing/timeouts';

/** What the holder of the lease waits for. Selects the port idle time that ends the wait, and the limit for a flood. */
export type Purpose =
  /** the response to a line end */
  | 'lineEnd'
  /** the response to a query */
  | 'query'
  /** the final result code of the command that is running: the device answered a line end with `busy p...` */
  | 'stillAtWork'
  /** the rest of a response after its beginning */
  | 'pause'
  /** the final result code after a complete payload */
  | 'padding'
  /** `ready` after `AT+RST` */
  | 'boot';

/**
 * How soon silence has a meaning.
 * - `portRate`: the device may be at work, or starting.
 * - `negotiatedRate`: a restarted device talks at another rate and cannot be heard.
 * - `search`: most probably the device is at another rate.
 */
export type Pace = 'portRate' | 'negotiatedRate' | 'search';

interface Limits {
  readonly idleMs: Readonly<Record<Pace, number>>;
  readonly floodMs: number;
}

/** Milliseconds that a flood from a server may delay a response, beyond the idle time. Measured: 17 s. */
const FLOOD_MS = 30_000;

const limits: Readonly<Record<Purpose, Limits>> = {
  lineEnd: { idleMs: idle(1200, 500, 250), floodMs: 1200 + FLOOD_MS },
  query: { idleMs: idle(1200, 1200, 500), floodMs: 1200 + FLOOD_MS },
  stillAtWork: { idleMs: idle(1500, 1500, 1500), floodMs: 1500 + FLOOD_MS },
  // Short: the query after it proves more than a longer pause would.
  pause: { idleMs: idle(30, 30, 30), floodMs: 300 },
  // Short: there are many blocks of padding, and one too many is harmless.
  padding: { idleMs: idle(150, 75, 75), floodMs: 3000 },
  // A restarted device may send `ready` at another rate, unheard: the search at that rate must begin in time.
  boot: { idleMs: idle(8000, 500, 500), floodMs: 8000 + FLOOD_MS },
};

function idle(portRate: number, negotiatedRate: number, search: number): Limits['idleMs'] {
  return { portRate, negotiatedRate, search };
}

/** Lines to store between two waits, at most. */
const MAX_STORED_LINES = 16;

/** Outcome of a wait: a line (`>` for a prompt), or none. `flooded`: the port was never idle. */
export type WaitResult =
  { readonly line: string } | { readonly line?: undefined; readonly flooded: boolean };

/** Whether a line ends the wait. `consumed`: the wait goes on, but the line belongs to the response and is no URC. */
export type Accept = (line: string) => boolean | 'consumed';

interface Wait {
  readonly accept: Accept;
  readonly resolve: (heard: WaitResult) => void;
  readonly reject: (reason: unknown) => void;
}

/** The port, lent to one resync or to a command sequence. Writes nothing once its signal is aborted. */
export class PortLease {
  readonly signal: AbortSignal;
  /** Final result codes, `busy p...` and prompts (`>`) since the resync began. */
  readonly seen = new Set<string>();
  readonly #port: TimedPort;
  readonly #pace: Pace;
  readonly #idle: IdleTimer;
  #wait: Wait | undefined;
  #stored: string[] = [];
  /** Clock time at which the last written byte has left. */
  #leavesAt = 0;

  constructor(port: TimedPort, pace: Pace, signal: AbortSignal) {
    this.#port = port;
    this.#pace = pace;
    this.#idle = new IdleTimer(port.clock);
    this.signal = signal;
    signal.addEventListener('abort', () => this.#end()?.reject(signal.reason), { once: true });
  }

  /** Bytes that are written and have not left yet. */
  get pendingBytes(): number {
    return this.#port.pendingBytes;
  }

  /** Milliseconds of the clock. */
  now(): number {
    return this.#port.clock.now();
  }

  write(bytes: Uint8Array): void {
    if (this.signal.aborted) return;
    this.#stored = [];
    this.#leavesAt = this.now() + this.#port.transmissionMs(bytes.length);
    this.#port.write(bytes);
  }

  /**
   * Waits for the first line that `accept` takes: first among the stored lines, then among those to come. The port
   * idle time counts from the last written byte on.
   * @throws the reason of the signal's abort
   */
  next(purpose: Purpose, accept: Accept): Promise<WaitResult> {
    if (this.signal.aborted) return Promise.reject(asError(this.signal.reason));
    const index = this.#stored.findIndex((line) => accept(line) === true);
    const line = this.#stored[index];
    this.#stored = index < 0 ? [] : this.#stored.slice(index + 1);
    if (line !== undefined) return Promise.resolve({ line });
    const { idleMs, floodMs } = limits[purpose];
    this.#idle.restart(Math.max(this.now(), this.#leavesAt));
    this.#leavesAt = 0;
    return new Promise((resolve, reject) => {
      this.#wait = { accept, resolve, reject };
      const { slowness } = this.#port;
      const timeoutMs = idleMs[this.#pace] * slowness;
      this.#watch(timeoutMs, timeoutMs, floodMs * slowness);
    });
  }

  /** Call when bytes come in. @param duration milliseconds that they occupied the port */
  heard(now: number, duration: number): void {
    this.#idle.heard(now, duration);
  }

  /** Takes a line, or `>` for a prompt. Returns false when the line does not belong to the wait: it may be a URC. */
  take(line: string): boolean {
    if (isFinalResultCode(line) || line === 'busy p...' || line === '>') this.seen.add(line);
    if (!this.#wait) {
      if (this.#stored.length < MAX_STORED_LINES) this.#stored.push(line);
      return false;
    }
    const accepted = this.#wait.accept(line);
    if (accepted === true) this.#end()?.resolve({ line });
    else if (accepted === false) return false;
    return true;
  }

  /** @param checkInMs milliseconds of port idle time until the next check @param floodMs milliseconds that end a flood */
  #watch(checkInMs: number, idleMs: number, floodMs: number): void {
    this.#idle.watch(checkInMs, () => {
      const rest = idleMs - this.#idle.idle;
      const left = floodMs - this.#idle.elapsed;
      if (rest <= 0 || left <= 0) this.#end()?.resolve({ flooded: rest > 0 });
      else this.#watch(Math.min(rest, left), idleMs, floodMs);
    });
  }

  #end(): Wait | undefined {
    const wait = this.#wait;
    this.#wait = undefined;
    this.#idle.stop();
    return wait;
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
