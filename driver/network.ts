import { refusable } from './at/command';
import type { Report } from './at/reports';
import type { Session } from './at/session';
import type { Cancel, Clock } from './clock';
import { cwstate, parseCwstate } from './commands/wifi';
import type { DeviceEvent, DeviceOptions } from './device-types';
import { EspAtError, isRefusal } from './errors';
import { writeCertificates } from './provision/certificates';
import { setClock } from './provision/sntp';
import { joinWifi } from './provision/wifi';

/** Milliseconds a device that joins by itself after its start may take to get an address. */
const REJOIN = 10_000;
/** Milliseconds until a device that will join by itself says so. */
const FIRST_SIGN = 1500;

/** What the network stage needs of its device. */
export interface NetworkHost {
  readonly options: DeviceOptions;
  readonly clock: Clock;
  event(event: DeviceEvent): void;
}

/** What a link needs before it can open: certificates in their slots, an address, and the time of day. */
export class Network {
  readonly #session: Session;
  readonly #host: NetworkHost;
  readonly #waiting = new Set<(error?: EspAtError) => void>();
  #signs = 0;
  #address = false;
  #timeSet = false;
  #closed: EspAtError | undefined;

  constructor(session: Session, host: NetworkHost) {
    this.#session = session;
    this.#host = host;
  }

  /**
   * Gets it all; leaves alone what the settings do not mention.
   * @throws EspAtError `WIFI_*`, `CLOCK_NOT_SET`, `CERTIFICATE_*`
   */
  async join(): Promise<void> {
    const { options, clock } = this.#host;
    const run = this.#session.run.bind(this.#session);
    if (options.certificates) await writeCertificates(run, options.certificates);
    const pause = (milliseconds: number) => this.#until(() => false, milliseconds);
    if (options.wifi) await joinWifi(run, options.wifi, pause);
    else await this.#ownAddress();
    if (options.sntp)
      await setClock(run, options.sntp, { clock, told: () => this.#timeSet, pause });
  }

  /** A report about the station or the clock. */
  report(report: Report): void {
    switch (report.kind) {
      case 'wifi-connected':
        this.#signs++;
        this.#host.event({ event: 'joined' });
        break;
      case 'wifi-got-ip':
        this.#signs++;
        this.#address = true;
        this.#host.event({ event: 'address' });
        break;
      case 'wifi-disconnected':
        this.#address = false;
        this.#host.event({ event: 'wifi-lost' });
        break;
      case 'time-updated':
        this.#timeSet = true;
        this.#host.event({ event: 'clock-set' });
        break;
      default:
        return;
    }
    for (const look of [...this.#waiting]) look();
  }

  /** Ends every wait. */
  close(error: EspAtError): void {
    this.#closed = error;
    for (const look of [...this.#waiting]) look(error);
  }

  /** A device that knows its network joins by itself after its start; opening before that only fails. */
  async #ownAddress(): Promise<void> {
    if (await this.#hasAddress()) return;
    await this.#until(() => this.#address || this.#signs > 0, FIRST_SIGN);
    if (!this.#address && this.#signs > 0) await this.#until(() => this.#address, REJOIN);
    if (this.#address || (await this.#hasAddress())) return;
    this.#host.event({ event: 'warning', detail: 'the device has no Wi-Fi address' });
  }

  async #hasAddress(): Promise<boolean> {
    try {
      const { state } = parseCwstate(await this.#session.run(refusable(cwstate())));
      if (state === 1 || state === 3) this.#signs++;
      return state === 2;
    } catch (error) {
      // Firmware for Ethernet has no Wi-Fi commands.
      if (isRefusal(error)) return true;
      throw error;
    }
  }

  #until(done: () => boolean, patience: number): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (done()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const look = (error?: EspAtError) => {
        if (!error && !done()) return;
        leave();
        if (error) reject(error);
        else resolve();
      };
      const cancel: Cancel = this.#host.clock.after(patience, () => {
        leave();
        resolve();
      });
      const leave = () => {
        cancel();
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
    });
  }
}
