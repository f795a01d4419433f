import type { Clock } from '../clock';
import type { DeviceTime } from './device-time';

/** Milliseconds from an SNTP query to its response. */
const SNTP_RESPONSE_MS = 300;
/** Milliseconds from a query without a response to the next. */
const SNTP_RETRY_MS = 15_000;

const defaultTimeServers = ['cn.ntp.org.cn', 'ntp.sjtu.edu.cn', 'us.pool.ntp.org'] as const;

interface TimeSyncContext {
  readonly clock: Clock;
  readonly time: DeviceTime;
  /** Asks a time server. Returns milliseconds since 1970; undefined for no response. */
  queryTime(): number | undefined;
  online(): boolean;
  sendUrc(text: string): void;
}

/** SNTP: sets the device's date and time while enabled and online. */
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

  /** In hours, or hours and minutes as `hhmm`. */
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
    this.#queryIn(SNTP_RESPONSE_MS);
  }

  cameOnline(): void {
    if (this.#enabled) this.#queryIn(SNTP_RESPONSE_MS);
  }

  /** Switches SNTP off and forgets its settings. */
  disable(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#enabled = false;
    this.#zone = 0;
    this.#servers = defaultTimeServers;
  }

  /** Milliseconds by which local time is ahead of UTC. */
  get zoneOffsetMs(): number {
    const zone = Math.abs(this.#zone);
    const minutes = zone >= 100 ? Math.floor(zone / 100) * 60 + (zone % 100) : zone * 60;
    return Math.sign(this.#zone) * minutes * 60_000;
  }

  #queryIn(delay: number): void {
    this.#cancel?.();
    this.#cancel = this.#context.clock.after(delay, () => {
      this.#cancel = undefined;
      if (!this.#context.online()) return;
      const answer = this.#context.queryTime();
      if (answer === undefined) {
        this.#queryIn(SNTP_RETRY_MS);
        return;
      }
      this.#context.time.set(answer);
      this.#context.sendUrc('+TIME_UPDATED');
    });
  }
}
