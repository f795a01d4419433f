import type { WaitResult, PortLease, Pace, Purpose } from '../port-lease';
import { MAX_PAYLOAD_BYTES } from '../command';
import type { ResyncStep } from '../events';
import { isFinalResultCode, showsActivity } from '../outcome';

/**
 * Milliseconds that any command with default timeouts may still be running, WSOPEN excepted: WSCLOSE where the framing was
 * lost takes 21 s (simulated), WSSEND 20 s, CWJAP 15 s, WSCLOSE of a reconnecting link 14 s.
 */
const UNKNOWN_COMMAND_MS = 25_000;

const CRLF = Buffer.from('\r\n');
const RESTART = 'AT+RST\r\n';

/**
 * Bytes that fill any pending prompt, the CR LF of the line end included. The length in the command proves nothing:
 * the port may have corrupted it.
 */
const MAX_PADDING_BYTES = MAX_PAYLOAD_BYTES + CRLF.length;

/** Queries, each with a response that no other command has. */
const QUERIES = [
  { line: 'AT+SYSLOG?\r\n', response: '+SYSLOG:' },
  { line: 'AT+SYSSTORE?\r\n', response: '+SYSSTORE:' },
  { line: 'AT+CWMODE?\r\n', response: '+CWMODE:' },
] as const;

export interface ResyncOptions {
  /** Attempts before the resync restarts the device or fails. */
  readonly attempts: number;
  /** Whether `AT+RST` may follow the attempts. It follows anyway where the device stays busy or floods the port. */
  readonly mayRestart: boolean;
  /**
   * When to pad a pending prompt. `ifSilent`: where the line end gets no response, or a prompt came. `first`: the first
   * attempt pads in place of the line end; later ones as `ifSilent`.
   */
  readonly pad: 'never' | 'ifSilent' | 'first';
  /** At another pace than `startRate` one attempt without a response is enough: the device may be at another rate. */
  readonly pace: Pace;
  /** Milliseconds that the command which the client has written may still be running. Default 0: none is known. */
  readonly commandMs?: number;
  /** Returns the index of the next query, over all resyncs: a late response fits neither of the next two queries. */
  readonly nextQuery: () => number;
}

/**
 * Outcome of a resync. `padded`: it may have padded a pending prompt, and then the device sent a corrupt message.
 * `restarted`: the device has sent `ready` and lost its state.
 */
export type ResyncResult =
  | { readonly kind: 'inSync'; readonly padded: boolean }
  | { readonly kind: 'restarted' | 'noAnswer' };

/**
 * Brings client and device back in sync: a CR LF ends a corrupt line, padding fills a pending prompt, and a query with
 * a response of its own proves that all earlier responses have passed.
 * @throws EspAtError `ABORTED` once the lease is aborted
 */
export function resync(
  lease: PortLease,
  options: ResyncOptions,
  onStep: (step: ResyncStep) => void,
): Promise<ResyncResult> {
  return new Resync(lease, options, onStep).run();
}

/** Whether a line is a late response to bytes of a resync, or an echo of them. */
export function isLateResponse(text: string): boolean {
  const line = `${text}\r\n`;
  if (showsActivity(text) || line === RESTART) return true;
  return QUERIES.some((query) => text.startsWith(query.response) || line === query.line);
}

class Resync {
  readonly #lease: PortLease;
  readonly #options: ResyncOptions;
  readonly #onStep: (step: ResyncStep) => void;
  /** Milliseconds of the clock at which the running command has ended. */
  readonly #commandEnd: number;
  #padded = false;
  #flooded = false;

  constructor(lease: PortLease, options: ResyncOptions, onStep: (step: ResyncStep) => void) {
    this.#lease = lease;
    this.#options = options;
    this.#onStep = onStep;
    this.#commandEnd = lease.now() + (options.commandMs ?? 0);
  }

  async run(): Promise<ResyncResult> {
    const { attempts, mayRestart } = this.#options;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const outcome = await this.#attempt(attempt === 0);
      if (outcome === 'inSync') return { kind: 'inSync', padded: this.#mayBePadded };
      if (outcome === 'noAnswer') return { kind: 'noAnswer' };
      if (outcome === 'mustRestart') return this.#restart();
    }
    return mayRestart ? this.#restart() : { kind: 'noAnswer' };
  }

  async #attempt(isFirst: boolean): Promise<'inSync' | 'noAnswer' | 'mustRestart' | 'again'> {
    const { pad, pace } = this.#options;
    let answered = false;
    if (!isFirst || pad !== 'first') {
      const before = this.#lease.pendingBytes;
      const end = await this.#endLine();
      if (end === 'hangs') return 'mustRestart';
      answered = end === 'answered';
      // The port takes no bytes: more attempts are useless.
      if (!answered && this.#lease.pendingBytes >= before + CRLF.length) return 'noAnswer';
      // The CR LF may have completed the corrupt line of a command with a payload: its prompt follows.
      await this.#pause();
    }
    // Pads again even after an earlier padding: received data may have looked like the response to that.
    if (pad !== 'never' && (!answered || this.#lease.seen.has('>'))) answered = await this.#pad();
    if (answered && (await this.#query())) return 'inSync';
    if (this.#flooded) return 'mustRestart';
    return !answered && pace !== 'startRate' ? 'noAnswer' : 'again';
  }

  async #restart(): Promise<ResyncResult> {
    this.#onStep('restart');
    const { line } = await this.#writeAndWait(
      Buffer.from(RESTART),
      'whileBooting',
      (text) => text === 'ready',
    );
    return { kind: line === undefined ? 'noAnswer' : 'restarted' };
  }

  /**
   * Whether the resync may have padded a prompt. True also where no block of padding got a response in time, but a
   * `SEND OK` came later: the padding has completed the payload.
   */
  get #mayBePadded(): boolean {
    return this.#padded || (this.#options.pad !== 'never' && this.#lease.seen.has('SEND OK'));
  }

  /** Ends a corrupt line, and waits while a command is running. */
  async #endLine(): Promise<'answered' | 'silent' | 'hangs'> {
    this.#onStep('lineEnd');
    const until = Math.max(this.#commandEnd, this.#lease.now() + UNKNOWN_COMMAND_MS);
    do {
      const { line } = await this.#writeAndWait(CRLF, 'afterLineEnd', showsActivity);
      if (line !== 'busy p...') return line === undefined ? 'silent' : 'answered';
      const result = await this.#lease.next('whileBusy', isFinalResultCode);
      if (result.line !== undefined) return 'answered';
    } while (this.#lease.now() < until);
    return 'hangs';
  }

  /** Pads a pending prompt with line ends, which are harmless should the device take them for commands. */
  async #pad(): Promise<boolean> {
    this.#onStep('pad');
    this.#lease.seen.delete('>');
    for (let size = 8, total = CRLF.length; total < MAX_PADDING_BYTES; size *= 8) {
      // Every block has an even length: half a CR LF would begin a line, which the next query would continue.
      const bytes = Math.min(size, MAX_PADDING_BYTES - total);
      const padding = Buffer.from('\r\n'.repeat(bytes / CRLF.length));
      const { line } = await this.#writeAndWait(padding, 'afterPadding', showsActivity);
      if (line !== undefined) {
        this.#padded = true;
        await this.#pause();
        return true;
      }
      total += bytes;
    }
    return false;
  }

  /** Runs the next query; returns whether its own response and the OK after it came. */
  async #query(): Promise<boolean> {
    const query = QUERIES[this.#options.nextQuery() % QUERIES.length] ?? QUERIES[0];
    let responded = false;
    const { line } = await this.#writeAndWait(Buffer.from(query.line), 'afterQuery', (text) => {
      responded ||= text.startsWith(query.response);
      return responded && text === 'OK';
    });
    return line !== undefined;
  }

  async #pause(): Promise<void> {
    await this.#lease.next('pause', () => false);
  }

  async #writeAndWait(
    bytes: Uint8Array,
    purpose: Purpose,
    accept: (line: string) => boolean,
  ): Promise<WaitResult> {
    this.#lease.write(bytes);
    const result = await this.#lease.next(purpose, accept);
    if (result.line === undefined && purpose !== 'afterPadding') this.#flooded ||= result.flooded;
    return result;
  }
}
