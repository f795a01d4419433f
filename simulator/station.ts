import type { Clock } from './clock';
import { admission, joinResult, type Credentials, type JoinOptions, type JoinResult } from './join';
import type { AccessPoint } from './options';

/** Milliseconds from the start of a join to the association, and from there to an address. */
const associationTime = 600;
const addressTime = 500;
/** Milliseconds after which a network that is already joined lets the device in once more. */
const rejoinTime = 1450;
/** Seconds between attempts to come back, from the first join on. */
const usualReconnectInterval = 1;

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
  /** When the network was lost. */
  #lostAt = 0;
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

  /** Networks that a scan finds. */
  get visible(): readonly AccessPoint[] {
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
    this.reconnectInterval = usualReconnectInterval;
    this.#credentials = { ssid: first.ssid, password: first.password };
    this.#stored = { mode: 1, credentials: this.#credentials };
    this.#accessPoint = first;
    this.#setState(stationState.online);
  }

  /** Joins a network; the reports come by themselves. */
  join(credentials: Credentials, options: JoinOptions, done: (result: JoinResult) => void): void {
    const again = this.online && this.ssid === credentials.ssid;
    this.#begin(credentials, options.store);
    this.reconnectInterval = options.reconnectInterval ?? usualReconnectInterval;
    this.reconnectCount = 0;
    const asked = admission(this.#find(credentials), credentials);
    if (asked.kind === 'rejected') {
      const { result, after } = asked;
      this.#drop();
      this.#setState(stationState.connecting);
      this.#after(Math.min(after, options.timeout), () => {
        this.#setState(stationState.disconnected);
        done(result);
      });
      return;
    }
    const { point } = asked;
    if (!again) this.#drop();
    this.#after(again ? rejoinTime : associationTime, () => {
      if (again) this.#drop();
      this.#associate(point, () => done(joinResult.joined));
      if (point.dhcp !== false) return;
      this.#after(options.timeout, () => {
        this.#drop();
        done(joinResult.timeout);
      });
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
    this.#lostAt = this.#context.clock.now();
    if (this.#comesBack) this.#setState(stationState.connecting);
  }

  /** The network is in reach again. */
  recover(): void {
    if (this.#inRange) return;
    this.#inRange = true;
    if (this.#state !== stationState.connecting) return;
    if (this.#comesBack) this.#rejoin();
    else this.#setState(stationState.disconnected);
  }

  /** Whether it still tries to come back, as `AT+CWRECONNCFG` has it: how often, and how many times. */
  get #comesBack(): boolean {
    if (this.reconnectInterval === 0) return false;
    const tries = (this.#context.clock.now() - this.#lostAt) / (this.reconnectInterval * 1000);
    return this.reconnectCount === 0 || tries < this.reconnectCount;
  }

  /** The device starts: it joins by itself what it had joined. */
  start(): void {
    this.mode = this.#stored.mode;
    this.#credentials = this.#stored.credentials;
    if (!this.#credentials || !this.autoConnect || !this.isStation) return;
    this.reconnectInterval = usualReconnectInterval;
    this.#lostAt = this.#context.clock.now();
    this.#rejoin();
  }

  /** The device stops; what is stored stays. */
  stop(): void {
    this.#cancel();
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

  #rejoin(): void {
    const credentials = this.#credentials;
    if (!credentials) return;
    this.#setState(stationState.connecting);
    const asked = admission(this.#find(credentials), credentials);
    if (asked.kind === 'rejected') return;
    this.#after(associationTime - 10, () => this.#associate(asked.point, () => undefined));
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
    this.#after(addressTime, () => {
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
