import type { Clock } from '../clock';
import type { DeviceTime } from './device-time';

/** Milliseconds from a question to a time server until its answer. */
const SNTP_ANSWER_MS = 300;
/** Milliseconds until a question without an answer is repeated. */
const SNTP_RETRY_MS = 15_000;

export const defaultTimeServers = ['cn.ntp.org.cn', 'ntp.sjtu.edu.cn', 'us.pool.ntp.org'] as const;

export interface TimeSyncContext {
  readonly clock: Clock;
  readonly time: DeviceTime;
  /** What a time server says, in milliseconds since 1970; undefined for no answer. */
  ask(): number | undefined;
  online(): boolean;
  report(text: string): void;
}

/** SNTP: sets the device's clock once it is switched on and the device is online. */
export class TimeSync {
  readonly #context: TimeSyncContext;
  #cancel: (() => void) | undefined;
  #enabled = false;
  #zone = 0;
  #servers: readonly string[] = defaultTimeServers;

  constructor(context: TimeSyncContext) {
    this.#context = context;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** As it was set: hours, or hours and minutes as `hhmm`. */
  get zone(): number {
    return this.#zone;
  }

  get servers(): readonly string[] {
    return this.#servers;
  }

  enable(zone: number, servers: readonly string[]): void {
    this.#enabled = true;
    this.#zone = zone;
    this.#servers = servers.length > 0 ? servers : defaultTimeServers;
    this.#ask(SNTP_ANSWER_MS);
  }

  disable(): void {
    this.reset();
  }

  /** The device came online. */
  cameOnline(): void {
    if (this.#enabled) this.#ask(SNTP_ANSWER_MS);
  }

  reset(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#enabled = false;
    this.#zone = 0;
    this.#servers = defaultTimeServers;
  }

  /** Milliseconds by which the local time is ahead of UTC. */
  get offset(): number {
    const zone = Math.abs(this.#zone);
    const minutes = zone >= 100 ? Math.floor(zone / 100) * 60 + (zone % 100) : zone * 60;
    return Math.sign(this.#zone) * minutes * 60_000;
  }

  #ask(delay: number): void {
    this.#cancel?.();
    this.#cancel = this.#context.clock.after(delay, () => {
      this.#cancel = undefined;
      if (!this.#context.online()) return;
      const answer = this.#context.ask();
      if (answer === undefined) {
        this.#ask(SNTP_RETRY_MS);
        return;
      }
      this.#context.time.set(answer);
      this.#context.report('+TIME_UPDATED');
    });
  }
}
