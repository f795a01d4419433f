import type { Run } from '../at/command';
import { tryRunQuery } from '../commands/run-query';
import type { Urc } from '../at/urc';
import { onTimeout, type Cancel } from '../clock';
import { cwstate, stationState } from '../commands/wifi';
import { Deferred } from '../deferred';
import { asEspAtError, EspAtError } from '../errors';
import { outdatedCertificates, writeCertificates } from '../provisioning/certificates';
import { configureSntp, waitForSntp } from '../provisioning/sntp';
import { isInReach, joinWifi, type WifiOptions } from '../provisioning/wifi';
import type { DeviceEmitter } from './events';
import type { CompleteOptions } from './options';
import { waitFor } from '../wait';

/** Milliseconds in which a device that joins by itself shows that. */
const JOIN_SIGN_TIMEOUT_MS = 1500;
/** Further milliseconds in which such a device gets an address. */
const ADDRESS_TIMEOUT_MS = 10_000;
/** Milliseconds between queries of a device that has lost its network. */
const OFFLINE_POLL_MS = 30_000;
/** Milliseconds at least between queries after failed opens. */
const SUSPICION_INTERVAL_MS = 30_000;
/** Milliseconds after which the driver joins a network that no scan shows: it may be hidden. */
const HIDDEN_JOIN_MS = 300_000;

interface NetworkContext {
  readonly run: Run;
  readonly options: CompleteOptions;
  /** Aborts when the device restarts or is lost: each wait ends, and no event follows. */
  readonly signal: AbortSignal;
  readonly emitter: DeviceEmitter;
}

/** Provides what links need to open: certificates in their slots, an address, and the time. */
export class Network {
  readonly #context: NetworkContext;
  readonly #onChange: () => void;
  /** `joining`: the device joins by itself. */
  #station: 'unknown' | 'joining' | 'joined' = 'unknown';
  /** What a URC has said of the station since the latest query for it entered the command queue. */
  #sinceQuery: { state?: number } = {};
  /** Whether an access point has accepted the device since the join began. */
  #associated = false;
  /** Whether the URC has come that SNTP has set the clock. */
  #isClockSet = false;
  /** Resolves once the device knows the time; undefined before the first call, and after a failure. */
  #clockWait: Promise<void> | undefined;
  #isSetUp = false;
  #suspectedAt = -Infinity;
  /** Time of the latest loss, or of the beginning of the latest attempt to join. */
  #awaySince = 0;
  #error: EspAtError | undefined;
  #cancelPoll: Cancel = () => undefined;
  #stationChanged = (): void => undefined;

  /** @param onChange called when {@link error} has changed after {@link setUp} */
  constructor(context: NetworkContext, onChange: () => void) {
    this.#context = context;
    this.#onChange = onChange;
    context.signal.addEventListener('abort', () => this.#cancelPoll(), { once: true });
  }

  /** Why no link can reach its server; undefined while the device has an address. */
  get error(): EspAtError | undefined {
    return this.#error;
  }

  /**
   * Writes certificates, joins the Wi-Fi and configures SNTP, by the options. Does not wait for the time.
   * @throws EspAtError `WIFI_*`, `CERTIFICATE_*`, what `run` rejects with, and the reason of the abort
   */
  async setUp(): Promise<void> {
    const { run, options } = this.#context;
    const { certificates, wifi, sntp } = options;
    if (certificates) {
      for (const error of outdatedCertificates(certificates)) this.#warn(error);
      for (const error of await writeCertificates(run, certificates)) this.#warn(error);
    }
    if (wifi) await this.#join(wifi);
    else await this.#waitForAddress();
    if (sntp) await configureSntp(run, sntp);
    this.#isSetUp = true;
    // The device may have lost the network since it joined it.
    if (this.#station !== 'joined' && !this.#error) this.#noteLoss();
  }

  /** Resolves once the device knows the time: before, every server's certificate seems not yet valid. @throws EspAtError `CLOCK_NOT_SET` */
  clockSet(): Promise<void> {
    const { run, options, signal } = this.#context;
    const wait = { clock: options.clock, signal, isSet: () => this.#isClockSet };
    return (this.#clockWait ??= waitForSntp(run, wait).catch((error: unknown) => {
      this.#clockWait = undefined;
      throw error;
    }));
  }

  /** A link could not reach its server: asks the device whether it still has a network, unless it has just done so. */
  suspect(): void {
    const now = this.#context.options.clock.now();
    if (!this.#isSetUp || this.#error || now - this.#suspectedAt < SUSPICION_INTERVAL_MS) return;
    this.#suspectedAt = now;
    void this.#poll();
  }

  urc({ kind }: Urc): void {
    const { emitter } = this.#context;
    switch (kind) {
      case 'wifi-connected':
        this.#associated = true;
        emitter.emit('wifi', 'joined');
        this.#noteJoining();
        return;
      case 'wifi-got-ip':
        this.#sinceQuery.state = stationState.joined;
        emitter.emit('wifi', 'address');
        this.#noteAddress();
        return;
      case 'wifi-disconnected':
        this.#sinceQuery.state = stationState.joining;
        if (this.#station === 'joined') this.#station = 'joining';
        emitter.emit('wifi', 'lost');
        if (this.#isSetUp) this.#noteLoss();
        return;
      case 'time-updated':
        this.#isClockSet = true;
        emitter.emit('clockset');
        return;
    }
  }

  async #join(wifi: WifiOptions): Promise<void> {
    const { run, options, signal } = this.#context;
    const { clock } = options;
    this.#associated = false;
    this.#awaySince = clock.now();
    await joinWifi(run, wifi, { clock, signal, associated: () => this.#associated });
    this.#noteAddress();
  }

  /** Waits while a device that knows its network joins by itself after its start: an open would fail until then. */
  async #waitForAddress(): Promise<void> {
    if (await this.#hasJoined()) return;
    await this.#until(() => this.#station !== 'unknown', JOIN_SIGN_TIMEOUT_MS);
    if (this.#station !== 'unknown')
      await this.#until(() => this.#station === 'joined', ADDRESS_TIMEOUT_MS);
    if (this.#station === 'joined' || (await this.#hasJoined())) return;
    this.#error = new EspAtError('WIFI_NOT_JOINED');
    this.#warn(this.#error);
    this.#pollLater();
  }

  /** Resolves when a URC makes the condition true, at the latest after `ms` milliseconds. */
  async #until(condition: () => boolean, ms: number): Promise<void> {
    const { options, signal } = this.#context;
    const end = new Deferred<void>();
    const cancel = onTimeout(options.clock, ms, end.resolve);
    this.#stationChanged = () => {
      if (condition()) end.resolve();
    };
    this.#stationChanged();
    await waitFor(end.promise, { signal }).finally(cancel);
  }

  #noteJoining(): void {
    if (this.#station === 'unknown') this.#station = 'joining';
    this.#stationChanged();
  }

  #noteAddress(): void {
    this.#station = 'joined';
    this.#cancelPoll();
    this.#stationChanged();
    if (!this.#error) return;
    this.#error = undefined;
    this.#onChange();
  }

  #noteLoss(): void {
    if (!this.#error) {
      this.#error = new EspAtError('WIFI_LOST');
      this.#awaySince = this.#context.options.clock.now();
      this.#onChange();
    }
    this.#pollLater();
  }

  #pollLater(): void {
    const { clock } = this.#context.options;
    this.#cancelPoll();
    this.#cancelPoll = onTimeout(clock, OFFLINE_POLL_MS, () => void this.#poll());
  }

  /** The device rejoins by itself. Where the network is in reach and the device has stopped trying, the driver joins. */
  async #poll(): Promise<void> {
    const { options, signal } = this.#context;
    const { wifi } = options;
    try {
      const state = await this.#askStation();
      signal.throwIfAborted();
      if (state === stationState.joined) {
        this.#noteAddress();
        return;
      }
      this.#station = 'joining';
      if (!this.#error) this.#noteLoss();
      if (wifi && state !== stationState.joining) await this.#rejoin(wifi);
    } catch (error) {
      if (signal.aborted) return;
      this.#warn(asEspAtError(error, options.port.address));
    }
    if (this.#station !== 'joined' && !signal.aborted) this.#pollLater();
  }

  async #rejoin(wifi: WifiOptions): Promise<void> {
    const { run, options } = this.#context;
    if (options.clock.now() - this.#awaySince >= HIDDEN_JOIN_MS || (await isInReach(run, wifi)))
      return this.#join(wifi);
    throw new EspAtError('WIFI_NOT_FOUND', { ssid: wifi.ssid });
  }

  async #hasJoined(): Promise<boolean> {
    if ((await this.#askStation()) === stationState.joined) this.#noteAddress();
    return this.#station === 'joined';
  }

  async #askStation(): Promise<number> {
    const newer: { readonly state?: number } = (this.#sinceQuery = {});
    const station = await tryRunQuery(this.#context.run, cwstate);
    // Firmware for Ethernet has no Wi-Fi commands.
    if (!station) return stationState.joined;
    // A URC behind the response is newer. One before it counts as newer, too: the next poll asks again.
    const state = newer.state ?? station.state;
    if (state === stationState.noAddress || state === stationState.joining) this.#noteJoining();
    return state;
  }

  #warn(error: EspAtError): void {
    this.#context.emitter.emit('warning', error);
  }
}
