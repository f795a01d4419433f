import type { Clock } from '../clock';
import { admission, joinResult, type Credentials, type JoinOptions, type JoinResult } from './join';
import type { AccessPoint } from '../device/options';

/** Milliseconds from the start of a join to the association, and from there to an address. */
const ASSOCIATION_MS = 592;
const DHCP_MS = 500;
/** Milliseconds that a search takes. */
const SEARCH_MS = 500;
/** Seconds between attempts to come back, from the first join on. */
const DEFAULT_RECONNECT_INTERVAL_S = 1;

/** The numbers of `AT+CWSTATE?`. */
export const stationState = {
  notStarted: 0,
  noAddress: 1,
  online: 2,
  connecting: 3,
  disconnected: 4,
} as const;
type StationState = (typeof stationState)[keyof typeof stationState];

export interface StationContext {
  readonly clock: Clock;
  readonly accessPoints: readonly AccessPoint[];
  report(text: string): void;
  /** It has an address now, or has lost it. */
  changed(online: boolean): void;
}

/** The device as a Wi-Fi station. */
export class Station {
  readonly #context: StationContext;
  readonly #timers = new Set<() => void>();
  /** Kept over a restart. */
  #stored: { mode: number; credentials: Credentials | undefined } = {
    mode: 0,
    credentials: undefined,
  };
  #state: StationState = stationState.notStarted;
  #credentials: Credentials | undefined;
  #accessPoint: AccessPoint | undefined;
  #inRange = true;
  /** The command that joins, as long as it is at work. */
  #join: { readonly deadline: number; done(result: JoinResult): void } | undefined;
  #cancelScan: (() => void) | undefined;
  /** Number of the latest attempt; older ones have no effect any more. */
  #attempt = 0;
  mode = 0;
  autoConnect = true;
  reconnectInterval = 0;
  reconnectCount = 0;

  constructor(context: StationContext) {
    this.#context = context;
  }

  get state(): StationState {
    return this.#state;
  }

  get online(): boolean {
    return this.#state === stationState.online;
  }

  /** The network joined last, or being joined; empty when there was none. */
  get ssid(): string {
    return this.#credentials?.ssid ?? '';
  }

  /** The network the device is in now. */
  get accessPoint(): AccessPoint | undefined {
    return this.#state === stationState.online || this.#state === stationState.noAddress
      ? this.#accessPoint
      : undefined;
  }

  get credentials(): Credentials | undefined {
    return this.#credentials;
  }

  get #visible(): readonly AccessPoint[] {
    return this.#inRange ? this.#context.accessPoints.filter((point) => point.hidden !== true) : [];
  }

  /** @param connect joins the network that was joined before, if this makes a station of the device */
  setMode(mode: number, store: boolean, connect: boolean): void {
    const wasStation = isStation(this.mode);
    this.mode = mode;
    if (store) this.#stored = { ...this.#stored, mode };
    if (!isStation(mode)) {
      this.leave();
      this.#setState(stationState.notStarted);
    } else if (!wasStation && connect) {
      this.#credentials ??= this.#stored.credentials;
      this.#rejoin();
    }
  }

  /** Whether it may join networks. */
  get isStation(): boolean {
    return isStation(this.mode);
  }

  /** Is in the first network from the start, its reports long past. */
  beginJoined(): void {
    const [first] = this.#context.accessPoints;
    if (!first) return;
    this.mode = 1;
    this.reconnectInterval = DEFAULT_RECONNECT_INTERVAL_S;
    this.#credentials = { ssid: first.ssid, password: first.password };
    this.#stored = { mode: 1, credentials: this.#credentials };
    this.#accessPoint = first;
    this.#setState(stationState.online);
  }

  /** Joins a network; the reports come by themselves. */
  join(credentials: Credentials, options: JoinOptions, done: (result: JoinResult) => void): void {
    this.#begin(credentials, options.store);
    this.reconnectInterval = options.reconnectInterval ?? DEFAULT_RECONNECT_INTERVAL_S;
    this.reconnectCount = 0;
    this.#drop();
    this.#setState(stationState.connecting);
    this.#join = { deadline: this.#context.clock.now() + options.timeout, done };
    const asked = admission(this.#find(credentials), credentials);
    // Until its time is over the device tries again and again; the last attempt's reason is the answer.
    this.#failLater(asked.kind === 'rejected' ? asked.result : joinResult.timeout);
    if (asked.kind === 'rejected') return;
    this.#after(ASSOCIATION_MS, () =>
      this.#associate(asked.point, () => this.#joinEnds(joinResult.joined)),
    );
  }

  #failLater(result: JoinResult): void {
    const join = this.#join;
    if (!join) return;
    this.#after(join.deadline - this.#context.clock.now(), () => {
      if (this.#join !== join) return;
      this.#drop();
      this.#setState(stationState.disconnected);
      this.#joinEnds(result);
    });
  }

  #joinEnds(result: JoinResult): void {
    const join = this.#join;
    this.#join = undefined;
    join?.done(result);
  }

  /** Looks for networks; `done` gets those that are found. */
  scan(done: (found: readonly AccessPoint[]) => void): void {
    this.#cancelScan = this.#context.clock.after(SEARCH_MS, () => {
      this.#cancelScan = undefined;
      done(this.#visible);
    });
  }

  /** Leaves the network and stays away. */
  leave(): void {
    this.#cancel();
    this.#drop();
  }

  /** The network goes out of reach: lost now, joined again by itself when it is back. */
  lose(): void {
    if (!this.#inRange) return;
    this.#inRange = false;
    if (!this.accessPoint) return;
    this.#cancel();
    this.#drop();
    if (this.#join) this.#failLater(joinResult.noSuchNetwork);
    else if (this.reconnectInterval > 0) this.#retryIn(this.reconnectInterval * 1000, 1);
  }

  /** The network is in reach again; the device finds it when it looks next. */
  recover(): void {
    this.#inRange = true;
  }

  /** Looks for the network again and again, as often as `AT+CWRECONNCFG` has it. */
  #retryIn(delay: number, attempt: number): void {
    this.#after(delay, () => {
      const { reconnectInterval: interval, reconnectCount: count } = this;
      if (interval === 0 || (count !== 0 && attempt > count)) return;
      if (!this.#rejoin()) this.#retryIn(SEARCH_MS + interval * 1000, attempt + 1);
    });
  }

  /** The device starts: it joins by itself what it had joined. */
  start(): void {
    this.mode = this.#stored.mode;
    this.#credentials = this.#stored.credentials;
    if (!this.#credentials || !this.autoConnect || !this.isStation) return;
    this.reconnectInterval = DEFAULT_RECONNECT_INTERVAL_S;
    if (!this.#rejoin()) this.#retryIn(SEARCH_MS + this.reconnectInterval * 1000, 1);
  }

  /** The device stops; what is stored stays. */
  stop(): void {
    this.#cancel();
    this.#join = undefined;
    this.#cancelScan?.();
    this.#accessPoint = undefined;
    this.#credentials = undefined;
    this.mode = 0;
    this.reconnectInterval = 0;
    this.reconnectCount = 0;
    this.#setState(stationState.notStarted);
  }

  /** Back to how it left the factory. */
  erase(): void {
    this.#stored = { mode: 0, credentials: undefined };
    this.autoConnect = true;
  }

  #begin(credentials: Credentials, store: boolean): void {
    this.#cancel();
    this.#credentials = credentials;
    if (store) this.#stored = { mode: this.mode, credentials };
  }

  /** Begins to join the network that was joined last. False when it is not there, or does not let the device in. */
  #rejoin(): boolean {
    const credentials = this.#credentials;
    if (!credentials) return true;
    const asked = admission(this.#find(credentials), credentials);
    if (asked.kind === 'rejected') return false;
    this.#setState(stationState.connecting);
    this.#after(ASSOCIATION_MS, () => this.#associate(asked.point, () => undefined));
    return true;
  }

  #find(credentials: Credentials): AccessPoint | undefined {
    if (!this.#inRange) return undefined;
    return this.#context.accessPoints.find(
      (point) =>
        point.ssid === credentials.ssid &&
        (credentials.bssid === undefined || bssidOf(point) === credentials.bssid.toLowerCase()),
    );
  }

  #associate(point: AccessPoint, joined: () => void): void {
    this.#accessPoint = point;
    this.#setState(stationState.noAddress);
    this.#context.report('WIFI CONNECTED');
    if (point.dhcp === false) return;
    this.#after(DHCP_MS, () => {
      this.#setState(stationState.online);
      this.#context.report('WIFI GOT IP');
      joined();
    });
  }

  #drop(): void {
    if (!this.accessPoint) return;
    this.#accessPoint = undefined;
    this.#setState(stationState.disconnected);
    this.#context.report('WIFI DISCONNECT');
  }

  #setState(state: StationState): void {
    const before = this.online;
    this.#state = state;
    if (this.online !== before) this.#context.changed(this.online);
  }

  #after(delay: number, callback: () => void): void {
    const attempt = this.#attempt;
    const cancel = this.#context.clock.after(delay, () => {
      this.#timers.delete(cancel);
      if (attempt === this.#attempt) callback();
    });
    this.#timers.add(cancel);
  }

  #cancel(): void {
    this.#attempt++;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}

/** Modes of `AT+CWMODE`: 0 off, 1 station, 2 access point, 3 both. */
const isStation = (mode: number): boolean => mode === 1 || mode === 3;

/** Where an access point has no address of its own. */
const commonBssid = 'aa:bb:cc:dd:ee:ff';

export const bssidOf = (point: AccessPoint): string => (point.bssid ?? commonBssid).toLowerCase();
