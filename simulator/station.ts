import type { Clock } from './clock';
import type { AccessPoint } from './options';

/** Milliseconds from the start of a join to the association, and from there to an address. */
const associationTime = 600;
const addressTime = 500;
/** Milliseconds after which a network that is already joined lets the device in once more. */
const rejoinTime = 1450;
/** Milliseconds until a search without result, or a wrong password, is given up. */
const searchTime = 2500;
const refusalTime = 3500;

/** The numbers of `AT+CWSTATE?`. */
export const stationState = {
  notStarted: 0,
  noAddress: 1,
  online: 2,
  connecting: 3,
  disconnected: 4,
} as const;
type StationState = (typeof stationState)[keyof typeof stationState];

/** Outcomes of a join: 0 joined, otherwise the number of `+CWJAP:`. */
export const joinResult = {
  joined: 0,
  timeout: 1,
  wrongPassword: 2,
  noSuchNetwork: 3,
  failed: 4,
} as const;
export type JoinResult = (typeof joinResult)[keyof typeof joinResult];

export interface Credentials {
  readonly ssid: string;
  readonly password: string;
  readonly bssid?: string;
}

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

  setMode(mode: number, store: boolean): void {
    this.mode = mode;
    if (store) this.#stored = { ...this.#stored, mode };
    if (mode === 0 || mode === 2) this.leave();
  }

  /** Is in the first network from the start, its reports long past. */
  beginJoined(): void {
    const [first] = this.#context.accessPoints;
    if (!first) return;
    this.mode = 1;
    this.#credentials = { ssid: first.ssid, password: first.password };
    this.#stored = { mode: 1, credentials: this.#credentials };
    this.#accessPoint = first;
    this.#setState(stationState.online);
  }

  /** Joins a network; the reports come by themselves. */
  join(
    credentials: Credentials,
    options: { readonly store: boolean; readonly timeout: number },
    done: (result: JoinResult) => void,
  ): void {
    const again = this.online && this.ssid === credentials.ssid;
    this.#begin(credentials, options.store);
    const found = this.#find(credentials);
    if (found === undefined || (found.password !== '' && found.password !== credentials.password)) {
      this.#drop();
      this.#setState(stationState.connecting);
      const result = found ? joinResult.wrongPassword : joinResult.noSuchNetwork;
      const wait = Math.min(found ? refusalTime : searchTime, options.timeout);
      this.#after(wait, () => {
        this.#setState(stationState.disconnected);
        done(result);
      });
      return;
    }
    if (!again) this.#drop();
    this.#after(again ? rejoinTime : associationTime, () => {
      if (again) this.#drop();
      this.#associate(found, () => done(joinResult.joined));
      if (found.dhcp !== false) return;
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
    if (this.accessPoint) {
      this.#cancel();
      this.#drop();
      this.#setState(stationState.connecting);
    }
  }

  /** The network is in reach again. */
  recover(): void {
    if (this.#inRange) return;
    this.#inRange = true;
    if (this.#state === stationState.connecting) this.#rejoin();
  }

  /** The device starts: it joins by itself what it had joined. */
  start(): void {
    this.mode = this.#stored.mode;
    this.#credentials = this.#stored.credentials;
    if (this.#credentials && this.autoConnect && (this.mode === 1 || this.mode === 3))
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
    const found = this.#find(credentials);
    if (found?.password !== credentials.password) return;
    this.#after(associationTime - 10, () => this.#associate(found, () => undefined));
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

/** Where an access point has no address of its own. */
const commonBssid = 'aa:bb:cc:dd:ee:ff';

export const bssidOf = (point: AccessPoint): string => (point.bssid ?? commonBssid).toLowerCase();
