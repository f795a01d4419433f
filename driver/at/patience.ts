import type { Clock } from '../clock';
import type { Exchange } from './exchange';
import { IdleTimer } from './timeouts';

/** Milliseconds of stillness after which a device that owes an answer is probed with a CR LF. */
const PROBE_AFTER = 4000;
/** The same once it said it was busy although nothing but our command could keep it so. */
const PROBE_WHEN_BUSY = 1500;
/** Milliseconds between probes of a device that answers them: it is at work. */
const PROBE_AGAIN = 10_000;
/** Milliseconds of stillness in which an idle or working device answers a probe. */
const PROBE_ANSWER = 1500;
/** Milliseconds of stillness until a prompt, which needs no network; and until it is probed for. */
const PROMPT = 4000;
const PROBE_FOR_PROMPT = 1500;
/** Milliseconds of stillness until a probe, and until its answer, where silence soon has a meaning. */
const HASTY = 500;
/** Milliseconds in which the answer to a probe follows a result that overtook it. */
const PROBE_LATE = 500;
/** Milliseconds that even a line which is never still may delay an answer. */
const LONGEST_FLOOD = 300_000;

/** What running out of patience leads to. */
export interface PatienceActions {
  /** Write a line end: at work the device says `busy p...`, idle `ERROR`, at a prompt nothing. */
  probe(): void;
  /** Its answer will not come any more. */
  lose(reason: string): void;
  /** Its payload went out with a probe in it. */
  spoil(reason: string): void;
  /** Its success is beyond doubt now. */
  succeed(): void;
  /** Bytes of ours that are still on their way out. */
  pending(): number;
  /** Whether the device is to be probed soon, because it may have restarted and be at another rate. */
  hasty(): boolean;
}

/**
 * How long the answer to the command at work is waited for: by stillness of the line, with probes in
 * between. One timer serves all commands; in a stream of quick ones it is hardly ever touched.
 */
export class Patience {
  readonly #clock: Clock;
  readonly #actions: PatienceActions;
  readonly #timer: IdleTimer;
  #exchange: Exchange | undefined;
  #startedAt = 0;
  #nextProbe = 0;
  #probedAt = 0;
  /** Bytes that were on their way out at the last look. */
  #pending = Infinity;

  constructor(clock: Clock, actions: PatienceActions) {
    this.#clock = clock;
    this.#actions = actions;
    this.#timer = new IdleTimer(clock);
  }

  /** Bytes came in that needed `duration` milliseconds on the line. */
  heard(now: number, duration: number): void {
    this.#timer.heard(now, duration);
  }

  /** A line or a payload was written that needs `duration` milliseconds on the wire: waiting begins. */
  begin(exchange: Exchange, duration: number): void {
    const now = this.#clock.now();
    this.#exchange = exchange;
    this.#startedAt = now;
    this.#timer.restart(now + duration);
    this.#pending = Infinity;
    const usual = awaitsPrompt(exchange) ? PROBE_FOR_PROMPT : PROBE_AFTER;
    this.#nextProbe = this.#actions.hasty() ? HASTY : usual;
    this.#watch(this.#nextProbe);
  }

  /** The device said it was busy: whether it means our command is found out soon. */
  busy(): void {
    this.#nextProbe = Math.min(this.#nextProbe, this.#timer.idle + PROBE_WHEN_BUSY);
    this.#watch(PROBE_WHEN_BUSY);
  }

  /** Milliseconds since {@link begin}. */
  get waited(): number {
    return this.#clock.now() - this.#startedAt;
  }

  /** Success was read while a probe was out: its answer follows soon, or it was payload. */
  verify(): void {
    this.#probedAt = this.#timer.idle;
    this.#watch(PROBE_LATE);
  }

  /** Nothing is waited for any more. */
  end(): void {
    this.#exchange = undefined;
  }

  /** {@link end}, and no timer is left. */
  stop(): void {
    this.#exchange = undefined;
    this.#timer.stop();
  }

  #watch(left: number): void {
    this.#timer.watch(left, () => this.#look());
  }

  #look(): void {
    const exchange = this.#exchange;
    if (!exchange) return;
    const now = this.#clock.now();
    if (this.#leaving()) {
      this.#timer.restart(now);
      this.#probedAt = 0;
    }
    const wait = this.#judge(exchange, this.#timer.idle, now);
    if (this.#exchange === exchange) this.#watch(wait);
  }

  get #probeAnswer(): number {
    return this.#actions.hasty() ? HASTY : PROBE_ANSWER;
  }

  /** Whether bytes of ours have gone out since the last look, and more are to: a line that takes none is still. */
  #leaving(): boolean {
    const before = this.#pending;
    this.#pending = this.#actions.pending();
    return this.#pending > 0 && this.#pending < before;
  }

  /** What so much stillness means; returns in how many milliseconds to look again. */
  #judge(exchange: Exchange, still: number, now: number): number {
    const { command } = exchange;
    const deadline = awaitsPrompt(exchange) ? PROMPT : command.timeoutMs;
    if (exchange.won) {
      if (still - this.#probedAt < PROBE_LATE) return PROBE_LATE;
      // Nobody answered the probe: its CR LF went out as payload, or completed our own command line.
      if (exchange.payloadWritten) this.#actions.spoil('the message went out damaged');
      else this.#actions.succeed();
    } else if (still >= deadline || now - this.#startedAt > deadline + LONGEST_FLOOD) {
      this.#actions.lose(`${command.name} was not answered`);
    } else if (exchange.probing) {
      const left = this.#probeAnswer - (still - this.#probedAt);
      if (left > 0) return left;
      this.#actions.lose(`${command.name} was not answered, nor a probe`);
    } else if (still >= this.#nextProbe) {
      this.#probedAt = still;
      this.#nextProbe = still + PROBE_AGAIN;
      exchange.probed();
      this.#actions.probe();
      return this.#probeAnswer;
    }
    return Math.min(deadline, this.#nextProbe) - still;
  }
}

function awaitsPrompt(exchange: Exchange): boolean {
  return exchange.command.payload !== undefined && !exchange.payloadWritten;
}
