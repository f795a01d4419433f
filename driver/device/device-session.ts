import { AtClient } from '../at/at-client';
import type { ClientEvent } from '../at/client-event';
import type { Command, Response } from '../at/command';
import type { LinkId, OutOfSyncCause } from '../at/types';
import type { Urc } from '../at/urc';
import { onTimeout } from '../clock';
import { asEspAtError, EspAtError } from '../errors';
import { Backoff } from '../link/backoff';
import type { Availability } from '../link/link-host';
import type { Port } from '../port/port';
import { AutomaticRate } from './baud-rate/automatic-rate';
import type { SnapshotLine } from '../recorder/lines';
import { takeBack } from './baud-rate/take-back';
import type { SearchOptions } from './baud-rate/search';
import type { Wait } from '../wait';
import { Boot } from './boot';
import type { KnownFirmware } from './capabilities';
import { HealthCheck } from './health-check';
import { initialize } from './initialize';
import { LinkChecks } from './link-checks';
import type { Capabilities } from './options';
import { resetByRts } from './rts-reset';
import { SessionPort } from './session-port';
import {
  noProgress,
  progressOf,
  stateOf,
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
  #settle: (end: SessionEnd) => void = () => undefined;

  constructor(port: Port, context: SessionContext, listener: (event: SessionEvent) => void) {
    const { options, memory, error } = context;
    const { clock, random } = options;
    this.#context = context;
    this.#listener = listener;
    this.ended = new Promise((resolve) => (this.#settle = resolve));
    this.#port = new SessionPort(port, options, options.memory, memory, (isNegotiated) =>
      this.#client.assume({ rateLostOnRestart: isNegotiated }),
    );
    this.#client = new AtClient(this.#port, clock, (event) => this.#take(event));
    for (const link of context.links) this.#client.addSource(link.sendSource);
    this.#backoff = new Backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS, random);
    const boot = this.#createBoot({ pendingPrompt: memory.pendingPrompt, failures: 0 });
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
    if (kind === 'ended' || !isLineReady || !this.#port.isChanged) return this.end(error);
    const timer = onTimeout(this.#context.options.clock, TAKE_BACK_TIMEOUT_MS, () =>
      this.end(error),
    );
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

  /** Where a recording may start; undefined while more goes on than a snapshot says. */
  snapshot(): Omit<SnapshotLine, 'snapshot'> | undefined {
    if (this.#state.kind !== 'ready' || this.#state.boot.network.error || !this.#client.isQuiet)
      return undefined;
    const links = this.#context.links.map((link) => link.snapshot());
    if (links.includes('busy')) return undefined;
    const { checkedMs } = this.#state.health;
    const { firstQuestion } = this.#client;
    return {
      checkedMs,
      firstQuestion,
      links: links.filter((link) => link !== 'busy' && link !== 'closed'),
    };
  }

  /** Continues where a snapshot was taken, apart from what its links and its calls bring about. */
  restore({ firstQuestion }: Pick<SnapshotLine, 'firstQuestion'>): void {
    this.#client.firstQuestion = firstQuestion;
  }

  /** @throws EspAtError `COMMAND_FAILED`, `OUT_OF_SYNC`, `DEVICE_*`, `PORT_*` */
  run(command: Command, wait?: Wait): Promise<Response> {
    return this.#client.run(command, wait);
  }

  /** A link could not reach its server: the device may have lost its network unheard. */
  suspectNetwork(): void {
    this.#state.boot.network.suspect();
  }

  // --- initialization ------------------------------------------------------------------------------

  #begin(state: SessionState): void {
    this.#become(state);
    void this.#initialize(state.boot);
  }

  async #initialize(boot: Boot): Promise<void> {
    const { signal, network } = boot;
    const { options, emitter } = this.#context;
    try {
      const context = { port: this.#port, options, boot, firmware: this.#firmware, emitter };
      const firmware = await this.#client.sequence((access) =>
        initialize(access, this.#client, context),
      );
      signal.throwIfAborted();
      this.#context.rateLimit.found(this.#port.baudRate, options.clock.now());
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
    const { options, links } = this.#context;
    this.#backoff.reset();
    const device = boot.createDevice(capabilities);
    const kind = this.#client.state === 'resyncing' ? 'resyncing' : 'ready';
    const checks = new LinkChecks(this.#client, links, boot.signal);
    const health = new HealthCheck(options.clock, () => checks.request(), boot.signal);
    const rate = this.#createRate(boot);
    this.#become({ kind, boot, device, checks, health, rate });
    this.#tellLinks({ kind, device });
  }

  #createRate({ signal }: Boot): AutomaticRate {
    const { options, rateLimit, emitter } = this.#context;
    const { clock } = options;
    const context = { client: this.#client, port: this.#port, limit: rateLimit, clock, signal };
    return new AutomaticRate(context, (event) => {
      if (event.kind === 'lost') return this.#beginAgain(event.error);
      if (event.kind === 'lowered') return void emitter.emit('warning', event.error);
      // It has taken over from a resync.
      if (this.#client.state !== 'resyncing') this.#becomeReady();
    });
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
    this.#context.emitter.emit('warning', error);
    if (isSilent && progress.searches >= MAX_SEARCHES) {
      this.end(error);
      return;
    }
    if (isSilent) await resetByRts(this.#port, this.#context.emitter);
    // Its `ready` may have come already.
    if (boot.signal.aborted) return;
    const ms = this.#backoff.next();
    const timer = onTimeout(this.#context.options.clock, ms, () => this.#beginAgain(error));
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
    const next = this.#createBoot({ pendingPrompt, failures: progress.searches });
    this.#begin({ kind: 'initializing', boot: next, progress });
  }

  #restarted(): void {
    // A device that was never found has been switched on, not restarted.
    if (this.isFound) this.#context.emitter.emit('restart');
    if (!this.#hasEnded) this.#beginAgain(new EspAtError('DEVICE_RESTARTED'));
  }

  /** The resync failed: a restarted device may use its own rate, or the port has to open again. */
  async #unresponsive(): Promise<void> {
    const { signal } = this.#state.boot;
    const error = new EspAtError('DEVICE_UNRESPONSIVE', { port: this.#port.address });
    this.#context.rateLimit.lost(this.#port.baudRate);
    // Unresponsive at its own rate too: the initialization searches for it, and may reset it.
    const fellBack = await this.#port.fallBack().catch(() => false);
    const wasReset = !fellBack && (await resetByRts(this.#port, this.#context.emitter));
    // Its `ready` may have come already.
    if (signal.aborted) return;
    if (!wasReset) this.#context.emitter.emit('resyncstep', 'reopen');
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
    this.#tellState();
  }

  #createBoot(search: SearchOptions): Boot {
    const boot: Boot = new Boot(this.#client, this.#context, search, () => {
      this.#tellState();
      if (!boot.network.error) for (const link of this.#context.links) link.networkBack();
    });
    return boot;
  }

  #endBoot(boot: Boot, error: EspAtError): void {
    boot.end(error);
    this.#tellLinks({ kind: 'notReady', error, isFinal: false });
  }

  #tellState(): void {
    const state = stateOf(this.#state);
    if (state) this.#listener({ kind: 'state', state });
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
        return void this.#context.emitter.emit('unknownline', shownLine(event.text));
      case 'restartSuspected':
        return this.#restarted();
      case 'dataLost':
        for (const link of links) link.dataLost();
        return;
      case 'outOfSync':
        return this.#outOfSync(event.cause);
      case 'resyncStep':
        return void this.#context.emitter.emit('resyncstep', event.step);
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

  #outOfSync(cause: OutOfSyncCause): void {
    if (this.#state.kind === 'ready') this.#become({ ...this.#state, kind: 'resyncing' });
    this.#context.emitter.emit('outofsync', cause);
    if ('rate' in this.#state) this.#state.rate.damaged();
    if ('device' in this.#state) this.#tellLinks({ kind: 'resyncing', device: this.#state.device });
  }

  /** @param corrupt the link whose peer got corrupt bytes */
  #inSync(corrupt: LinkId | undefined): void {
    if (corrupt !== undefined) {
      const error = new EspAtError('SEND_CORRUPT', { link: corrupt });
      this.#context.links[corrupt]?.corrupted(error);
    }
    this.#context.emitter.emit('insync');
    this.#becomeReady();
  }

  #becomeReady(): void {
    if (this.#state.kind !== 'resyncing') return;
    const { device, checks } = this.#state;
    this.#become({ ...this.#state, kind: 'ready' });
    this.#tellLinks({ kind: 'ready', device });
    for (const link of this.#context.links) link.dataTrusted();
    checks.request();
  }
}
