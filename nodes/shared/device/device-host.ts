import type { Cancel, Clock } from '../../../driver/clock';
import type { Capabilities, DeviceEvent, DeviceStatus } from '../../../driver/device/options';
import { EspAtError } from '../../../driver/errors';
import type { LinkEvent, Message } from '../../../driver/link/options';
import type { DeviceApi, LinkApi } from './device-api';
import type { Claimant, PortClaims } from './port-claims';
import { within } from './within';

/** Milliseconds a device without users is kept: a redeployed node is back before that. */
const LINGER = 500;
/** Milliseconds that the nodes using a device have to close their links before it stops. */
const FAREWELL = 800;
/** Milliseconds that a device has to stop: a system that does not let go of a port holds up no flow. */
const STOPPING = 1000;

/** A node that uses a device; told what happens to it. */
export interface DeviceUser {
  /** The device was started, or had been when this node came: links may be opened from here on. */
  started?(): void;
  status?(status: DeviceStatus): void;
  event?(event: DeviceEvent): void;
  link?(event: LinkEvent): void;
  message?(message: Message): void;
  /** How full the send queue is, 0 to 1. */
  queue?(level: number): void;
}

export interface DeviceHostOptions {
  /** The name of the configuration node. */
  readonly label: string;
  /** The port as the user wrote it. */
  readonly address: string;
  /** What tells the ports of two devices apart. */
  readonly port: string;
  readonly claims: PortClaims;
  readonly clock: Clock;
  /** @throws EspAtError when the settings make no device */
  readonly make: () => DeviceApi;
  /** Gets all that happens, for the log. */
  readonly watch: DeviceUser;
}

/**
 * A device and the nodes that use it: it runs from the first to the last of them. One listener a kind of
 * event on the device, however many nodes there are.
 */
export class DeviceHost implements Claimant {
  readonly label: string;
  readonly #options: DeviceHostOptions;
  readonly #users = new Set<DeviceUser>();
  #device: DeviceApi | undefined;
  /** Why there is no device that runs: settings that make none, or a port that is another device's. */
  #refusal: EspAtError | undefined;
  #phase: 'idle' | 'waiting' | 'running' | 'stopping' = 'idle';
  #lingering: Cancel | undefined;
  #stopped: Promise<void> = Promise.resolve();
  #farewell: (() => void) | undefined;
  /** What listens to the device, kept so that it can be taken off again. */
  readonly #heard = {
    status: (status: DeviceStatus) => this.#tell((user) => user.status?.(status)),
    event: (event: DeviceEvent) => this.#tell((user) => user.event?.(event)),
    link: (event: LinkEvent) => this.#tell((user) => user.link?.(event)),
    message: (message: Message) => this.#tell((user) => user.message?.(message)),
    queue: (level: number) => this.#tell((user) => user.queue?.(level)),
  };

  constructor(options: DeviceHostOptions) {
    this.#options = options;
    this.label = options.label;
  }

  /** The time that the nodes of this device go by. */
  get clock(): Clock {
    return this.#options.clock;
  }

  get status(): DeviceStatus {
    if (this.#refusal) return { state: 'absent', error: this.#refusal };
    return this.#device?.status ?? { state: 'stopped' };
  }

  get capabilities(): Capabilities | undefined {
    return this.#device?.capabilities;
  }

  /** @throws EspAtError why there is none: `PORT_SHARED`, `INVALID_PORT`, `INVALID_CONFIG` … */
  get device(): DeviceApi {
    if (this.#refusal) throw this.#refusal;
    if (!this.#device) throw new EspAtError('DEVICE_STOPPED');
    return this.#device;
  }

  /** The links; none while there is no device. */
  get links(): readonly LinkApi[] {
    const device = this.#refusal ? undefined : this.#device;
    return device ? [0, 1, 2].map((id) => device.link(id)) : [];
  }

  /** @throws EspAtError `INVALID_LINK`, or why there is no device */
  link(id: unknown): LinkApi {
    return this.device.link(id);
  }

  join(user: DeviceUser): void {
    this.#users.add(user);
    this.#stopLingering();
    if (this.#phase === 'idle') this.#begin();
    else if (this.#phase === 'running') user.started?.();
    user.status?.(this.status);
  }

  leave(user: DeviceUser): void {
    if (!this.#users.delete(user) || this.#users.size > 0) return;
    this.#farewell?.();
    if (this.#phase === 'waiting') this.#giveUp();
    if (this.#phase !== 'running') return;
    this.#lingering = this.#options.clock.after(LINGER, () => void this.#stop());
  }

  /** The configuration node closes. Settles when the port is free, within 2 s; never rejects. */
  async end(): Promise<void> {
    if (this.#users.size > 0 && this.#phase === 'running') await this.#usersGone();
    this.#users.clear();
    this.#stopLingering();
    if (this.#phase === 'waiting') this.#giveUp();
    await (this.#phase === 'running' ? this.#stop() : this.#stopped);
  }

  // --- the port ------------------------------------------------------------------------------------

  granted(): void {
    this.#refusal = undefined;
    try {
      this.#device ??= this.#made();
    } catch (error) {
      this.#giveUp();
      this.#refuse(asSettingsError(error));
      return;
    }
    this.#phase = 'running';
    this.#device.start();
    for (const user of this.#users) user.started?.();
  }

  denied(holder: string): void {
    this.#refuse(new EspAtError('PORT_SHARED', { port: this.#options.address, device: holder }));
  }

  wanted(): void {
    if (this.#lingering) void this.#stop();
  }

  #begin(): void {
    this.#phase = 'waiting';
    this.#options.claims.request(this.#options.port, this);
  }

  #giveUp(): void {
    this.#phase = 'idle';
    this.#options.claims.release(this.#options.port, this);
  }

  #refuse(error: EspAtError): void {
    this.#refusal = error;
    this.#tell((user) => user.status?.(this.status));
  }

  // --- its life ------------------------------------------------------------------------------------

  #made(): DeviceApi {
    const device = this.#options.make();
    device.on('status', this.#heard.status);
    device.on('event', this.#heard.event);
    device.on('link', this.#heard.link);
    device.on('message', this.#heard.message);
    device.on('queue', this.#heard.queue);
    return device;
  }

  #unmake(device: DeviceApi): void {
    device.off('status', this.#heard.status);
    device.off('event', this.#heard.event);
    device.off('link', this.#heard.link);
    device.off('message', this.#heard.message);
    device.off('queue', this.#heard.queue);
  }

  #tell(what: (user: DeviceUser) => void): void {
    what(this.#options.watch);
    for (const user of this.#users) what(user);
  }

  #stop(): Promise<void> {
    this.#stopLingering();
    this.#phase = 'stopping';
    this.#stopped = this.#ended();
    return this.#stopped;
  }

  async #ended(): Promise<void> {
    const device = this.#device;
    if (device) {
      await within(this.clock, STOPPING, device.stop());
      this.#unmake(device);
    }
    this.#device = undefined;
    this.#giveUp();
    // A node may have come while it stopped.
    if (this.#users.size > 0) this.#begin();
  }

  #stopLingering(): void {
    this.#lingering?.();
    this.#lingering = undefined;
  }

  /** Waits for the nodes to close their links politely, but not for long. */
  #usersGone(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(FAREWELL, () => this.#farewell?.());
      this.#farewell = () => {
        this.#farewell = undefined;
        cancel();
        resolve();
      };
    });
  }
}

/** Why a device could not be made: what no code fits lies in its settings. */
function asSettingsError(error: unknown): EspAtError {
  if (error instanceof EspAtError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new EspAtError('INVALID_CONFIG', { reason }, { cause: error });
}
