import { refusable } from '../at/command';
import type { Urc } from '../at/urc';
import type { AtClient } from '../at/at-client';
import type { Cancel, Clock } from '../clock';
import { cwstate, parseCwstate, stationState } from '../commands/wifi';
import type { DeviceEvent, DeviceOptions, WifiOptions } from './options';
import { EspAtError, isRefusal } from '../errors';
import { Lookout } from './lookout';
import { outdatedCertificates, writeCertificates } from '../provisioning/certificates';
import { configureClock, waitForClock } from '../provisioning/sntp';
import { joinWifi } from '../provisioning/wifi';

/** Milliseconds a device that joins by itself after its start may take to get an address. */
const REJOIN = 10_000;
/** Milliseconds until a device that will join by itself says so. */
const FIRST_SIGN = 1500;
/** Milliseconds between looks at a device that lost its network. */
const LOOK = 30_000;

/** What the network stage needs of its device. */
export interface NetworkHost {
  readonly options: DeviceOptions;
  readonly clock: Clock;
  event(event: DeviceEvent): void;
  /** {@link Network.trouble} has changed. */
  troubled(): void;
}

/** What a link needs before it can open: certificates in their slots, an address, and the time of day. */
export class Network {
  readonly #session: AtClient;
  readonly #host: NetworkHost;
  readonly #lookout: Lookout;
  #signs = 0;
  #associated = false;
  #address = false;
  #timeSet = false;
  #settled = false;
  #closed = false;
  #trouble: EspAtError | undefined;
  #watch: Cancel | undefined;
  #clock: Promise<void> | undefined;

  constructor(session: AtClient, host: NetworkHost) {
    this.#session = session;
    this.#host = host;
    this.#lookout = new Lookout(host.clock);
  }

  /** Why no link can reach its server at present; undefined while the device has an address. */
  get trouble(): EspAtError | undefined {
    return this.#trouble;
  }

  /**
   * Sees to certificates, address and clock, as far as the settings mention them. The clock is not waited for.
   * @throws EspAtError `WIFI_*`, `CERTIFICATE_*`, `INVALID_SETTING`
   */
  async join(): Promise<void> {
    const { certificates, wifi, sntp } = this.#host.options;
    if (certificates) {
      for (const error of outdatedCertificates(certificates)) this.#warn(error);
      await writeCertificates(this.#run, certificates);
    }
    if (wifi) await this.#joinWifi(wifi);
    else await this.#ownAddress();
    if (sntp) await configureClock(this.#run, sntp);
    this.#settled = true;
  }

  /**
   * Settles once the device knows the time: before that it takes every server's certificate for one that is
   * not valid yet.
   * @throws EspAtError `CLOCK_NOT_SET`, and whatever ended this stage
   */
  clockSet(): Promise<void> {
    if (this.#timeSet) return Promise.resolve();
    this.#clock ??= this.#waitForClock().finally(() => (this.#clock = undefined));
    return this.#clock;
  }

  /** A report about the station or the clock. */
  report(report: Urc): void {
    switch (report.kind) {
      case 'wifi-connected':
        this.#signs++;
        this.#associated = true;
        this.#host.event({ event: 'joined' });
        break;
      case 'wifi-got-ip':
        this.#signs++;
        this.#host.event({ event: 'address' });
        this.#hasAddress();
        break;
      case 'wifi-disconnected':
        this.#address = false;
        this.#host.event({ event: 'wifi-lost' });
        if (this.#settled) this.#lost();
        break;
      case 'time-updated':
        this.#timeSet = true;
        this.#host.event({ event: 'clock-set' });
        break;
      default:
        return;
    }
    this.#lookout.look();
  }

  /** Ends every wait. */
  close(error: EspAtError): void {
    this.#closed = true;
    this.#watch?.();
    this.#lookout.end(error);
  }

  readonly #run: AtClient['run'] = (command) => this.#session.run(command);

  #pause(milliseconds: number): Promise<void> {
    return this.#lookout.until(() => false, milliseconds);
  }

  async #joinWifi(wifi: WifiOptions): Promise<void> {
    this.#associated = false;
    await joinWifi(this.#run, wifi, {
      pause: (milliseconds) => this.#pause(milliseconds),
      associated: () => this.#associated,
    });
    this.#hasAddress();
  }

  /** A device that knows its network joins by itself after its start; opening before that only fails. */
  async #ownAddress(): Promise<void> {
    const lookAtIt = async () => {
      if ((await this.#station()) === stationState.joined) this.#hasAddress();
      return this.#address;
    };
    if (await lookAtIt()) return;
    await this.#lookout.until(() => this.#address || this.#signs > 0, FIRST_SIGN);
    if (this.#signs > 0) await this.#lookout.until(() => this.#address, REJOIN);
    if (this.#address || (await lookAtIt())) return;
    this.#trouble = new EspAtError('WIFI_NOT_JOINED');
    this.#warn(this.#trouble);
  }

  async #waitForClock(): Promise<void> {
    await waitForClock(this.#run, {
      clock: this.#host.clock,
      told: () => this.#timeSet,
      pause: (milliseconds) => this.#pause(milliseconds),
    });
    this.#timeSet = true;
  }

  // --- lost and joined again -----------------------------------------------------------------------

  #hasAddress(): void {
    this.#address = true;
    this.#watch?.();
    if (!this.#trouble) return;
    this.#trouble = undefined;
    this.#host.troubled();
  }

  #lost(): void {
    if (!this.#trouble) {
      this.#trouble = new EspAtError('WIFI_LOST');
      this.#host.troubled();
    }
    this.#lookLater();
  }

  #lookLater(): void {
    this.#watch?.();
    this.#watch = this.#host.clock.after(LOOK, () => void this.#lookAfter());
  }

  /** The device joins again by itself; where it has given up, it is told to. */
  async #lookAfter(): Promise<void> {
    const { wifi } = this.#host.options;
    try {
      const state = await this.#station();
      if (state === stationState.joined) this.#hasAddress();
      else if (wifi && state !== stationState.joining) await this.#joinWifi(wifi);
    } catch (error) {
      if (this.#closed) return;
      if (error instanceof EspAtError) this.#warn(error);
    }
    if (!this.#address && !this.#closed) this.#lookLater();
  }

  async #station(): Promise<number> {
    try {
      const { state } = parseCwstate(await this.#run(refusable(cwstate())));
      if (state === stationState.noAddress || state === stationState.joining) this.#signs++;
      return state;
    } catch (error) {
      // Firmware for Ethernet has no Wi-Fi commands.
      if (isRefusal(error)) return stationState.joined;
      throw error;
    }
  }

  #warn(error: EspAtError): void {
    this.#host.event({ event: 'warning', error });
  }
}
