import type { Clock } from '../clock';
import { Timers } from '../timers';
import {
  requestAdmission,
  joinResult,
  type Credentials,
  type JoinOptions,
  type JoinResult,
} from './join';
import type { AccessPoint } from '../device/options';
import { Outage } from '../device/outage';

const ASSOCIATION_MS = 592;
const DHCP_MS = 500;
const SCAN_MS = 500;
/** Each join resets the interval of `AT+CWRECONNCFG` to this. */
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

interface StationContext {
  readonly clock: Clock;
  readonly accessPoints: readonly AccessPoint[];
  sendUrc(text: string): void;
  /** The station got its address, or lost it. */
  onlineChanged(online: boolean): void;
}

/** The device's Wi-Fi station. */
export class Station {
  readonly #context: StationContext;
  readonly #timers: Timers;
  /** In flash. */
  #stored: { mode: number; credentials: Credentials | undefined } = {
    mode: 0,
    credentials: undefined,
  };
  #state: StationState = stationState.notStarted;
  #credentials: Credentials | undefined;
  #accessPoint: AccessPoint | undefined;
  /** Whether the access points are out of range. */
  readonly #outOfRange = new Outage((isOut) => {
    if (isOut) this.#lost();
  });
  /** The running `AT+CWJAP`. */
  #joinCommand: { readonly deadline: number; done(result: JoinResult): void } | undefined;
  #cancelDeadline: (() => void) | undefined;
  #cancelScan: (() => void) | undefined;
  mode = 0;
  autoConnect = true;
  reconnectIntervalS = 0;
  reconnectCount = 0;

  constructor(context: StationContext) {
    this.#context = context;
    this.#timers = new Timers(context.clock);
  }

  get state(): StationState {
    return this.#state;
  }

  get online(): boolean {
    return this.#state === stationState.online;
  }

  /** The network joined last, or being joined; empty before the first join. */
  get ssid(): string {
    return this.#credentials?.ssid ?? '';
  }

  /** The access point of the current association. */
  get accessPoint(): AccessPoint | undefined {
    return this.#state === stationState.online || this.#state === stationState.noAddress
      ? this.#accessPoint
      : undefined;
  }

  get credentials(): Credentials | undefined {
    return this.#credentials;
  }

  get #visible(): readonly AccessPoint[] {
    if (this.#outOfRange.isOut) return [];
    return this.#context.accessPoints.filter((point) => point.hidden !== true);
  }

  /** @param connect rejoins the last network if this mode switches the station on */
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

  /** Whether the mode includes the station. */
  get isStation(): boolean {
    return isStation(this.mode);
  }

  /** Starts joined to the first network, without URCs. */
  beginJoined(): void {
    const [first] = this.#context.accessPoints;
    if (!first) return;
    this.mode = 1;
    this.reconnectIntervalS = DEFAULT_RECONNECT_INTERVAL_S;
    this.#credentials = { ssid: first.ssid, password: first.password };
    this.#stored = { mode: 1, credentials: this.#credentials };
    this.#accessPoint = first;
    this.#setState(stationState.online);
  }

  /** Joins a network. Sends the URCs of the join itself. */
  join(credentials: Credentials, options: JoinOptions, done: (result: JoinResult) => void): void {
    this.#timers.cancelAll();
    this.#credentials = credentials;
    if (options.store) this.#stored = { mode: this.mode, credentials };
    this.reconnectIntervalS = options.reconnectIntervalS ?? DEFAULT_RECONNECT_INTERVAL_S;
    this.reconnectCount = 0;
    this.#drop();
    this.#setState(stationState.connecting);
    this.#joinCommand = { deadline: this.#context.clock.now() + options.timeoutMs, done };
    const admission = requestAdmission(this.#find(credentials), credentials);
    // A device retries until the timeout. The simulated one decides now, and answers then.
    this.#failLater(admission.kind === 'rejected' ? admission.result : joinResult.timeout);
    if (admission.kind === 'rejected') return;
    this.#timers.after(ASSOCIATION_MS, () =>
      this.#associate(admission.point, () => this.#endJoin(joinResult.joined)),
    );
  }

  #failLater(result: JoinResult): void {
    const join = this.#joinCommand;
    if (!join) return;
    this.#cancelDeadline = this.#timers.after(join.deadline - this.#context.clock.now(), () => {
      this.#drop();
      this.#setState(stationState.disconnected);
      this.#endJoin(result);
    });
  }

  #endJoin(result: JoinResult): void {
    const join = this.#joinCommand;
    this.#joinCommand = undefined;
    this.#cancelDeadline?.();
    join?.done(result);
  }

  /** Scans for networks, and calls `done` with those in range. */
  scan(done: (found: readonly AccessPoint[]) => void): void {
    this.#cancelScan = this.#context.clock.after(SCAN_MS, () => {
      this.#cancelScan = undefined;
      done(this.#visible);
    });
  }

  /** Leaves the network and does not rejoin. */
  leave(): void {
    this.#timers.cancelAll();
    this.#drop();
    if (this.#state === stationState.connecting) this.#setState(stationState.disconnected);
  }

  /** Takes the access points out of range: the station loses its network and tries to rejoin it. */
  lose(): void {
    this.#outOfRange.set(true);
  }

  /** Brings the access points back; the station finds its network at its next attempt. */
  recover(): void {
    this.#outOfRange.set(false);
  }

  /** Takes the access points out of range for a fault, until the returned function is called. */
  interrupt(): () => void {
    return this.#outOfRange.begin();
  }

  #lost(): void {
    if (!this.accessPoint && this.#state !== stationState.connecting) return;
    this.#timers.cancelAll();
    this.#drop();
    if (this.#joinCommand) {
      this.#failLater(joinResult.noSuchNetwork);
      return;
    }
    this.#setState(stationState.disconnected);
    if (this.reconnectIntervalS > 0) this.#retryIn(this.reconnectIntervalS * 1000, 1);
  }

  /** Retries as `AT+CWRECONNCFG` sets it. */
  #retryIn(delay: number, attempt: number): void {
    this.#timers.after(delay, () => {
      const { reconnectIntervalS: interval, reconnectCount: count } = this;
      if (interval === 0 || (count !== 0 && attempt > count)) return;
      if (!this.#rejoin()) this.#retryIn(SCAN_MS + interval * 1000, attempt + 1);
    });
  }

  /** Call when the device starts: joins the stored network. */
  start(): void {
    this.mode = this.#stored.mode;
    this.#credentials = this.#stored.credentials;
    if (!this.#credentials || !this.autoConnect || !this.isStation) return;
    this.reconnectIntervalS = DEFAULT_RECONNECT_INTERVAL_S;
    if (!this.#rejoin()) this.#retryIn(SCAN_MS + this.reconnectIntervalS * 1000, 1);
  }

  /** Call when the device stops. Keeps the stored network. */
  stop(): void {
    this.#timers.cancelAll();
    this.#joinCommand = undefined;
    this.#cancelScan?.();
    this.#accessPoint = undefined;
    this.#credentials = undefined;
    this.mode = 0;
    this.reconnectIntervalS = 0;
    this.reconnectCount = 0;
    this.#setState(stationState.notStarted);
  }

  /** Restores the factory settings. */
  erase(): void {
    this.#stored = { mode: 0, credentials: undefined };
    this.autoConnect = true;
  }

  /** Begins to rejoin the last network. False when it is out of range or rejects the device. */
  #rejoin(): boolean {
    const credentials = this.#credentials;
    if (!credentials) return true;
    const admission = requestAdmission(this.#find(credentials), credentials);
    if (admission.kind === 'rejected') return false;
    this.#setState(stationState.connecting);
    this.#timers.after(ASSOCIATION_MS, () => this.#associate(admission.point, () => undefined));
    return true;
  }

  #find(credentials: Credentials): AccessPoint | undefined {
    if (this.#outOfRange.isOut) return undefined;
    return this.#context.accessPoints.find(
      (point) =>
        point.ssid === credentials.ssid &&
        (credentials.bssid === undefined || bssidOf(point) === credentials.bssid.toLowerCase()),
    );
  }

  #associate(point: AccessPoint, joined: () => void): void {
    this.#accessPoint = point;
    this.#setState(stationState.noAddress);
    this.#context.sendUrc('WIFI CONNECTED');
    if (point.dhcp === false) return;
    this.#timers.after(DHCP_MS, () => {
      this.#setState(stationState.online);
      this.#context.sendUrc('WIFI GOT IP');
      joined();
    });
  }

  #drop(): void {
    if (!this.accessPoint) return;
    this.#accessPoint = undefined;
    this.#setState(stationState.disconnected);
    this.#context.sendUrc('WIFI DISCONNECT');
  }

  #setState(state: StationState): void {
    const before = this.online;
    this.#state = state;
    if (this.online !== before) this.#context.onlineChanged(this.online);
  }
}

/** @param mode of `AT+CWMODE`: 0 off, 1 station, 2 access point, 3 both */
const isStation = (mode: number): boolean => mode === 1 || mode === 3;

/** The address of access points whose options give none. */
const DEFAULT_BSSID = 'aa:bb:cc:dd:ee:ff';

export const bssidOf = (point: AccessPoint): string => (point.bssid ?? DEFAULT_BSSID).toLowerCase();
