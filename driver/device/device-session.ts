import { AtClient } from '../at/at-client';
import type { ClientEvent } from '../at/client-event';
import type { Command, Response } from '../at/command';
import type { LinkId } from '../at/types';
import type { Urc } from '../at/urc';
import { onTimeout } from '../clock';
import { asEspAtError, EspAtError } from '../errors';
import { Backoff } from '../link/backoff';
import type { Availability } from '../link/link-host';
import type { Port } from '../port/port';
import { takeBack } from './baud-rate/take-back';
import { Boot } from './boot';
import type { KnownFirmware } from './capabilities';
import { HealthCheck } from './health-check';
import { initialize } from './initialize';
import { LinkChecks } from './link-checks';
import type { Capabilities, DeviceEvent } from './options';
import { resetByRts } from './rts-reset';
import { SessionPort } from './session-port';
import {
  noProgress,
  progressOf,
  statusOf,
  type SessionContext,
  type SessionEnd,
  type SessionEvent,
  type SessionState,
} from './session-state';
import { shownLine } from './unknown-line';

/** Searches for an unresponsive device before the session ends, and the port opens again. */
const MAX_SEARCHES = 3;
/** Milliseconds: the first and the longest pause after a failed initialization. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** Milliseconds in which a stop takes the device back to the rate it starts with. */
const TAKE_BACK_TIMEOUT_MS = 300;

/** One open port: initializes the device, again after each restart, until the port or the device is lost. */
export class DeviceSession {
  /** Resolves when the session ends. */
  readonly ended: Promise<SessionEnd>;
  readonly #context: SessionContext;
  readonly #listener: (event: SessionEvent) => void;
  readonly #port: SessionPort;
  readonly #client: AtClient;
  readonly #backoff: Backoff;
  #state: SessionState;
  #firmware: KnownFirmware | undefined;
  readonly #log = (event: DeviceEvent): void => this.#listener({ kind: 'log', event });
  #settle: (end: SessionEnd) => void = () => undefined;

  constructor(port: Port, context: SessionContext, listener: (event: SessionEvent) => void) {
    const { options, clock, random, memory, portMemory, error } = context;
    this.#context = context;
    this.#listener = listener;
    this.ended = new Promise((resolve) => (this.#settle = resolve));
    this.#port = new SessionPort(port, options, portMemory, memory, (isNegotiated) =>
      this.#client.assume({ rateLostOnRestart: isNegotiated }),
    );
    this.#client = new AtClient(this.#port, clock, (event) => this.#take(event));
    for (const link of context.links) this.#client.addSource(link.sendSource);
    this.#backoff = new Backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS, random);
    const boot = this.#createBoot(memory.pendingPrompt);
    this.#state = { kind: 'initializing', boot, progress: { ...noProgress, error } };
  }

  /** Begins to initialize the device. */
  begin(): void {
    this.#begin(this.#state);
  }

  receive(chunk: Buffer): void {
    if (this.#state.kind === 'ended') return;
    if ('health' in this.#state) this.#state.health.heard();
    this.#client.receive(chunk);
  }

  /** Ends the session as {@link end} does, but first takes the device back to its rate if the line is ready. */
  stop(error: EspAtError): void {
    const { kind, boot } = this.#state;
    const { state } = this.#client;
    const isLineReady = state !== 'resyncing' && state !== 'unresponsive';
    if (kind === 'ended' || !isLineReady || !this.#port.isNegotiated) return this.end(error);
    const timer = onTimeout(this.#context.clock, TAKE_BACK_TIMEOUT_MS, () => this.end(error));
    this.#become({ kind: 'stopping', boot, timer });
    this.#endBoot(boot, error);
    const end = () => this.end(error);
    void takeBack(this.#client, this.#port).then(end, end);
  }

  /** Ends the session. Pending operations reject with the error. Later calls do nothing. */
  end(error: EspAtError): void {
    if (this.#hasEnded) return;
    const { boot } = this.#state;
    const { pendingPrompt } = this.#client;
    this.#become({ kind: 'ended', boot, error });
    this.#endBoot(boot, error);
    this.#client.close(error);
    this.#log({ event: 'lost', error });
    const { negotiatedRateWorks, slowness } = this.#port;
    const memory = { negotiatedRateWorks, slowness, pendingPrompt };
    this.#settle({ error, memory });
  }

  /** Whether the device responds, and its capabilities are known; it may have no network yet. */
  get isFound(): boolean {
    return 'progress' in this.#state ? this.#state.progress.isFound : this.checks !== undefined;
  }

  /** The checks of the links while the device is ready. */
  get checks(): LinkChecks | undefined {
    return 'checks' in this.#state ? this.#state.checks : undefined;
  }

  /** @throws EspAtError `COMMAND_FAILED`, `OUT_OF_SYNC`, `DEVICE_*`, `PORT_*` */
  run(command: Command): Promise<Response> {
    return this.#client.run(command);
  }

  // --- initialization ------------------------------------------------------------------------------

  #begin(state: SessionState): void {
    this.#become(state);
    this.#log({ event: 'starting' });
    void this.#initialize(state.boot);
  }

  async #initialize(boot: Boot): Promise<void> {
    const { signal, network, pendingPrompt } = boot;
    const { options, clock } = this.#context;
    try {
      const firmware = await this.#client.sequence((access) =>
        initialize(access, {
          ...{ client: this.#client, port: this.#port, options, clock, pendingPrompt, signal },
          firmware: this.#firmware,
          failures: progressOf(this.#state).searches,
          warn: (error) => this.#log({ event: 'warning', error }),
        }),
      );
      signal.throwIfAborted();
      this.#firmware = firmware;
      const { capabilities } = firmware;
      const progress = { ...progressOf(this.#state), isFound: true };
      this.#become({ kind: 'initializing', boot, progress });
      this.#listener({ kind: 'found', capabilities });
      await network.setUp();
      signal.throwIfAborted();
      this.#initialized(boot, capabilities);
    } catch (error) {
      if (!signal.aborted) await this.#failed(boot, asEspAtError(error, this.#port.address));
    }
  }

  #initialized(boot: Boot, capabilities: Capabilities): void {
    const { clock, links } = this.#context;
    this.#backoff.reset();
    const device = boot.createDevice(capabilities);
    const kind = this.#client.state === 'resyncing' ? 'resyncing' : 'ready';
    const checks = new LinkChecks(this.#client, links, boot.signal);
    const health = new HealthCheck(clock, () => checks.request(), boot.signal);
    this.#become({ kind, boot, device, checks, health });
    this.#log({ event: 'ready', detail: capabilities.version });
    this.#tellLinks({ kind, device });
  }

  async #failed(boot: Boot, error: EspAtError): Promise<void> {
    if (error.code === 'NO_WEBSOCKET' || error.code === 'FIRMWARE_UNKNOWN') {
      this.#become({ kind: 'unusable', boot, error });
      return;
    }
    const isSilent = error.code === 'DEVICE_UNRESPONSIVE';
    const { isFound, searches } = progressOf(this.#state);
    const progress = { isFound, searches: searches + (isSilent ? 1 : 0), error };
    this.#become({ kind: 'initializing', boot, progress });
    this.#log({ event: 'warning', error });
    if (isSilent && progress.searches >= MAX_SEARCHES) {
      this.end(error);
      return;
    }
    if (isSilent) await resetByRts(this.#port, this.#log);
    // Its `ready` may have come already.
    if (boot.signal.aborted) return;
    const ms = this.#backoff.next();
    const timer = onTimeout(this.#context.clock, ms, () => this.#beginAgain(error));
    this.#become({ kind: 'pausing', boot, progress, timer });
  }

  /** Repeats a failed initialization only after this work, which a repetition would end. */
  initializeAfter(work: Promise<unknown>): void {
    const state = this.#state;
    if (state.kind !== 'pausing' || !state.progress.error) return;
    const { error } = state.progress;
    state.timer();
    const begin = () => {
      if (this.#state === state) this.#beginAgain(error);
    };
    void work.then(begin, begin);
  }

  /** The device has restarted. Its links learn of the loss before their operations fail. */
  #beginAgain(error: EspAtError): void {
    const { boot } = this.#state;
    const progress = { ...progressOf(this.#state), isFound: false };
    const pendingPrompt = error.code !== 'DEVICE_RESTARTED' && this.#client.pendingPrompt;
    this.#endBoot(boot, error);
    this.#client.reset(error);
    // A listener may have ended the session.
    if (this.#hasEnded) return;
    this.#begin({ kind: 'initializing', boot: this.#createBoot(pendingPrompt), progress });
  }

  #restarted(): void {
    // A device that was never found has been switched on, not restarted.
    if (this.isFound) this.#log({ event: 'restarted' });
    if (!this.#hasEnded) this.#beginAgain(new EspAtError('DEVICE_RESTARTED'));
  }

  /** The resync failed: a restarted device may use its own rate, or the port has to open again. */
  async #unresponsive(): Promise<void> {
    const { signal } = this.#state.boot;
    const error = new EspAtError('DEVICE_UNRESPONSIVE', { port: this.#port.address });
    // Unresponsive at its own rate too: the initialization searches for it, and may reset it.
    const fellBack = await this.#port.fallBack().catch(() => false);
    const wasReset = !fellBack && (await resetByRts(this.#port, this.#log));
    // Its `ready` may have come already.
    if (signal.aborted) return;
    if (!wasReset) this.#log({ event: 'recovery', detail: 'reopen' });
    if (wasReset || this.#port.canSetRate) this.#beginAgain(error);
    else this.end(error);
  }

  // --- state ---------------------------------------------------------------------------------------

  get #hasEnded(): boolean {
    return this.#state.kind === 'ended';
  }

  #become(state: SessionState): void {
    if ('timer' in this.#state) this.#state.timer();
    this.#state = state;
    this.#tellStatus();
  }

  #createBoot(pendingPrompt: boolean): Boot {
    const boot: Boot = new Boot(this.#client, this.#context, pendingPrompt, (event) => {
      if (event.kind === 'log') return this.#log(event.event);
      this.#tellStatus();
      if (!boot.network.error) for (const link of this.#context.links) link.networkBack();
    });
    return boot;
  }

  #endBoot(boot: Boot, error: EspAtError): void {
    boot.end(error);
    this.#tellLinks({ kind: 'notReady', error, isFinal: false });
  }

  #tellStatus(): void {
    const status = statusOf(this.#state);
    if (status) this.#listener({ kind: 'status', status });
  }

  #tellLinks(availability: Availability): void {
    const state = this.#state;
    for (const link of this.#context.links) {
      link.deviceChanged(availability);
      // A listener of the link may have caused a newer change, which all links know of by now.
      if (this.#state !== state) return;
    }
  }

  // --- events of the client ------------------------------------------------------------------------

  #take(event: ClientEvent): void {
    if (this.#state.kind === 'stopping') return;
    const { links } = this.#context;
    switch (event.kind) {
      case 'urc':
        return this.#urc(event.urc);
      case 'unknownLine':
        return this.#log({ event: 'unknown-line', detail: shownLine(event.text) });
      case 'restartSuspected':
        return this.#restarted();
      case 'dataLost':
        for (const link of links) link.dataLost();
        return;
      case 'outOfSync':
        return this.#outOfSync(event.reason);
      case 'resyncStep':
        return this.#log({ event: 'recovery', detail: event.step });
      case 'inSync':
        return this.#inSync(event.corrupt);
      case 'unresponsive':
        void this.#unresponsive();
    }
  }

  #urc(urc: Urc): void {
    if ('link' in urc) this.checks?.urc(urc.link);
    const { links } = this.#context;
    switch (urc.kind) {
      case 'connected':
      case 'disconnected':
      case 'closed':
        return links[urc.link]?.urc(urc.kind);
      case 'ready':
        return this.#restarted();
      default:
        return this.#state.boot.network.urc(urc);
    }
  }

  #outOfSync(detail: string): void {
    if (this.#state.kind === 'ready') this.#become({ ...this.#state, kind: 'resyncing' });
    this.#log({ event: 'out-of-step', detail });
    if ('device' in this.#state) this.#tellLinks({ kind: 'resyncing', device: this.#state.device });
  }

  /** @param corrupt the link whose peer got corrupt bytes */
  #inSync(corrupt: LinkId | undefined): void {
    if (corrupt !== undefined) {
      const error = new EspAtError('SEND_CORRUPT', { link: corrupt });
      this.#context.links[corrupt]?.corrupted(error);
    }
    this.#log({ event: 'recovered' });
    if (this.#state.kind !== 'resyncing') return;
    const { device, checks } = this.#state;
    this.#become({ ...this.#state, kind: 'ready' });
    this.#tellLinks({ kind: 'ready', device });
    for (const link of this.#context.links) link.dataTrusted();
    checks.request();
  }
}
