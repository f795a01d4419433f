import type { Cancel, Clock } from '../../../driver/clock';
import { EspAtError, type Capabilities, type DoctorReport, type PortOpener } from '../../../driver';
import { NodeError, type FlowError } from '../errors/node-error';
import { asSettingsError } from '../errors/settings-error';
import type { DeviceApi, LinkApi } from './device-api';
import { DeviceExamination } from './device-examination';
import type { DeviceHostOptions, DeviceUser, HostedState } from './device-host-options';
import type { FlowLinkEvent } from './flow-events';
import { InOrder } from './in-order';
import { LatestEvents } from './latest-events';
import type { Claimant } from './port-claims';
import { ReleasedLinks } from './released-links';
import { within } from '../../../driver/within';

/** How long the device runs on without users: a redeployed node is back before that. */
const LINGER_MS = 500;
/** How long the nodes have to close their links before the device stops. */
const USERS_LEAVE_TIMEOUT_MS = 800;
/** How long a device has to stop: an operating system that keeps the port busy must not block a deploy. */
const STOP_TIMEOUT_MS = 2000;

type HostState =
  | { readonly kind: 'idle' }
  /** No device can be made of the settings. The next user that attaches tries again. */
  | { readonly kind: 'refused'; readonly error: FlowError }
  /** Another device has the port. */
  | { readonly kind: 'waitingForPort'; readonly error?: FlowError }
  /** `usersLeft`: called when the last user detaches, while `end()` waits for that. */
  | { readonly kind: 'running'; readonly device: DeviceApi; readonly usersLeft?: () => void }
  /** Runs without users, until `cancel` or LINGER_MS. */
  | { readonly kind: 'lingering'; readonly device: DeviceApi; readonly cancel: Cancel }
  | { readonly kind: 'stopping'; readonly device: DeviceApi; readonly stopped: Promise<void> };

/**
 * Runs a device from the first to the last of the nodes that use it. Where none runs, `device` and the methods that need it
 * throw a FlowError that says why: `PORT_SHARED`, `INVALID_PORT`, `INVALID_CONFIG` …, or `DEVICE_STOPPED`.
 */
export class DeviceHost implements Claimant {
  readonly label: string;
  readonly #options: DeviceHostOptions;
  readonly #users = new Set<DeviceUser>();
  /** The port of the settings, until a flow names another one. */
  #port: string;
  #state: HostState = { kind: 'idle' };
  /** Examinations, changes of the port by a flow, and work that keeps its place among them. */
  readonly #portWork = new InOrder();
  readonly #examination = new DeviceExamination(this);
  readonly released: ReleasedLinks;
  readonly latestEvents: LatestEvents;

  constructor(options: DeviceHostOptions) {
    this.#options = options;
    this.label = options.label;
    this.#port = options.address;
    this.latestEvents = new LatestEvents(options.clock);
    this.released = new ReleasedLinks(options.clock, this.#users, () => this.links);
  }

  /** The time source of this device's nodes. */
  get clock(): Clock {
    return this.#options.clock;
  }

  get state(): HostedState {
    const error = this.#refusal();
    return error ? { name: 'absent', error } : (this.#device()?.state ?? { name: 'stopped' });
  }

  get capabilities(): Capabilities | undefined {
    return this.#device()?.capabilities;
  }

  /** Not one that stops: started again, it would keep the port. */
  get device(): DeviceApi {
    const device = this.runningDevice;
    if (device) return device;
    throw this.#refusal() ?? new EspAtError('DEVICE_STOPPED');
  }

  /** The device that runs, if one does. */
  get runningDevice(): DeviceApi | undefined {
    return this.#state.kind === 'stopping' ? undefined : this.#device();
  }

  /** The three links; empty while no device runs. */
  get links(): readonly LinkApi[] {
    return this.#device()?.links ?? [];
  }

  /** @throws EspAtError `INVALID_LINK` */
  link(id: unknown): LinkApi {
    return this.device.link(id);
  }

  /** Adds a user; the first one starts the device. */
  attach(user: DeviceUser): void {
    this.#users.add(user);
    const state = this.#state;
    switch (state.kind) {
      case 'idle':
      case 'refused':
        this.#claimPort();
        return;
      case 'lingering':
        state.cancel();
        this.#state = { kind: 'running', device: state.device };
    }
    user.deviceChanged(this.runningDevice);
  }

  /** Removes a user; after the last one the device stops. */
  detach(user: DeviceUser): void {
    if (!this.#users.delete(user) || this.#users.size > 0) return;
    const state = this.#state;
    switch (state.kind) {
      case 'refused':
        this.#state = { kind: 'idle' };
        break;
      case 'waitingForPort':
        this.#state = { kind: 'idle' };
        this.#options.claims.release(this);
        break;
      case 'running': {
        const cancel = this.clock.after(LINGER_MS, () => void this.#stop(state.device));
        this.#state = { kind: 'lingering', device: state.device, cancel };
        state.usersLeft?.();
      }
    }
  }

  /**
   * Saves what a device of this host has recorded. Returns the path of the file.
   * @throws NodeError `RECORDING_FAILED`
   */
  saveRecording(device: DeviceApi, reason: string): Promise<string> {
    return this.#options.recordings.save(device, this.label, reason);
  }

  /** Tells users and followers that a recording of the device was saved. @param file its path */
  recordingSaved(file: string): void {
    for (const listener of this.#listeners()) listener.recordingSaved?.(file);
  }

  /** Tells the users that a node has taken over a link that another node had open. */
  linkTakenOver(event: FlowLinkEvent): void {
    for (const listener of this.#listeners()) listener.linkTakenOver?.(event);
  }

  /** Stops the device when the configuration node closes. Settles within 2.8 s (users 0.8 s, device 2 s); never rejects. */
  async end(): Promise<void> {
    await this.#usersGone();
    this.#users.clear();
    this.released.end();
    const state = this.#state;
    switch (state.kind) {
      case 'waitingForPort':
        this.#options.claims.release(this);
        break;
      case 'lingering':
        state.cancel();
        return this.#stop(state.device);
      case 'running':
        return this.#stop(state.device);
      case 'stopping':
        return state.stopped;
    }
    this.#state = { kind: 'idle' };
  }

  /** Examines the device, whose links close, over `opener`: its port, maybe with other settings. */
  examine(opener: PortOpener, controller: AbortController): Promise<DoctorReport> {
    return this.#portWork.run(() => {
      const memory = this.#options.ports.memory(this.#port);
      return this.#examination.begin(this.device, opener, memory, controller);
    });
  }

  /** Begins work on the device: after the examinations and the changes of the port before it, and before later ones. */
  async begin<T>(work: (device: DeviceApi) => T | Promise<T>): Promise<T> {
    // In an object: later work does not wait for the end of this.
    const begun = () => Promise.resolve({ result: work(this.device) });
    return (await this.#portWork.run(begun)).result;
  }

  /** As {@link begin}, but later examinations and changes of the port wait for the end. */
  disconnect(): Promise<void> {
    return this.#portWork.run(() => this.device.disconnect());
  }

  /**
   * Uses another port, until the settings are deployed again. A host that waits for its port waits for this one instead.
   * @throws FlowError `INVALID_PORT`, `INVALID_SETTING`, `DEVICE_STOPPED`, `PORT_SHARED` (a waiting host: only in `state`)
   */
  usePort(address: string): Promise<void> {
    return this.#portWork.run(() => this.#usePort(address));
  }

  async #usePort(address: string): Promise<void> {
    const { claims, ports } = this.#options;
    const opener = ports.opener(address);
    if (this.#state.kind === 'waitingForPort') {
      this.#options.claims.release(this);
      this.#port = address;
      this.#claimPort();
      return;
    }
    const { device } = this;
    const keeper = await claims.obtain(address, this);
    if (this.runningDevice !== device) throw new EspAtError('DEVICE_STOPPED');
    if (keeper !== undefined) throw sharedPort(address, keeper);
    this.#port = address;
    await device.disconnect();
    if (this.runningDevice !== device) throw new EspAtError('DEVICE_STOPPED');
    device.usePort(opener, ports.memory(address));
    claims.release(this, address);
    device.start();
  }

  // --- Claimant ------------------------------------------------------------------------------------

  granted(): void {
    let device: DeviceApi;
    try {
      device = this.#options.make(this.#port);
    } catch (error) {
      this.#state = { kind: 'refused', error: asSettingsError(error) };
      this.#options.claims.release(this);
      this.#announce();
      return;
    }
    this.#state = { kind: 'running', device };
    device.start();
    this.#announce();
  }

  denied(holder: string): void {
    this.#state = { kind: 'waitingForPort', error: sharedPort(this.#port, holder) };
    this.#announce();
  }

  contested(): string | undefined {
    if (this.#state.kind === 'lingering') {
      this.#state.cancel();
      void this.#stop(this.#state.device);
    }
    return this.#state.kind === 'stopping' ? undefined : this.label;
  }

  #claimPort(): void {
    this.#state = { kind: 'waitingForPort' };
    this.#options.claims.request(this.#port, this);
  }

  // --- the device ----------------------------------------------------------------------------------

  #device(): DeviceApi | undefined {
    return 'device' in this.#state ? this.#state.device : undefined;
  }

  #refusal(): FlowError | undefined {
    return 'error' in this.#state ? this.#state.error : undefined;
  }

  #listeners(): DeviceUser[] {
    return [this.latestEvents, ...this.#options.followers, ...this.#users];
  }

  #announce(): void {
    const device = this.runningDevice;
    for (const listener of this.#listeners()) listener.deviceChanged(device);
  }

  #stop(device: DeviceApi): Promise<void> {
    const stopped = this.#stopped(device);
    this.#state = { kind: 'stopping', device, stopped };
    return stopped;
  }

  async #stopped(device: DeviceApi): Promise<void> {
    const examined = this.#examination.abort(new EspAtError('DEVICE_STOPPED'));
    await within(this.clock, STOP_TIMEOUT_MS, Promise.all([device.stop(), examined]));
    this.#state = { kind: 'idle' };
    this.#announce();
    this.#options.claims.release(this);
    // A node may have attached while the device stopped.
    if (this.#users.size > 0) this.#claimPort();
  }

  /** Settles when the users have closed their links and left, or after USERS_LEAVE_TIMEOUT_MS. */
  async #usersGone(): Promise<void> {
    const state = this.#state;
    if (state.kind !== 'running') return;
    const left = new Promise<void>((resolve) => {
      this.#state = { ...state, usersLeft: resolve };
    });
    await within(this.clock, USERS_LEAVE_TIMEOUT_MS, left);
  }
}

const sharedPort = (port: string, device: string) => new NodeError('PORT_SHARED', { port, device });
