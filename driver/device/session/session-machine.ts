import { AtClient } from '../../at/at-client';
import type { Run } from '../../at/command';
import type { ClientEvent, OutOfSyncCause } from '../../at/events';
import { Deferred } from '../../deferred';
import type { EspAtError } from '../../errors';
import type { Availability } from '../../link/link-host';
import type { Port } from '../../port/port';
import { Network } from '../network';
import { SessionPort } from './session-port';
import {
  NO_PROGRESS,
  stateOf,
  type Period,
  type SessionContext,
  type SessionState,
} from './session-state';

/** Holds the state of a device session, and is the only place where it changes. */
export class SessionMachine {
  readonly context: SessionContext;
  readonly client: AtClient;
  readonly port: SessionPort;
  readonly #end = new Deferred<EspAtError>();
  /** Resolves when the session ends, with the reason. */
  readonly ended = this.#end.promise;
  #state: SessionState;
  /** Whether an `insync` must follow: the session has emitted `outofsync`. It emits none for bytes that are corrupt in a climb. */
  #owesInSync = false;

  /**
   * @param error the reason why the session before found no device, to be shown until this one does
   * @param take takes the events of the client
   */
  constructor(
    port: Port,
    context: SessionContext,
    error: EspAtError | undefined,
    take: (event: ClientEvent) => void,
  ) {
    this.context = context;
    this.port = new SessionPort(port, context);
    this.client = new AtClient(this.port, context.options.clock, take);
    for (const link of context.links) this.client.addSource(link.sendSource);
    const period = this.#createPeriod();
    this.#state = { kind: 'initializing', period, progress: { ...NO_PROGRESS, error } };
  }

  get state(): SessionState {
    return this.#state;
  }

  become(state: SessionState): void {
    if ('timer' in this.#state) this.#state.timer();
    this.#state = state;
    this.#showState();
  }

  #createPeriod(): Period {
    const { client, context } = this;
    const { options, emitter, links } = context;
    const controller = new AbortController();
    const { signal } = controller;
    const run: Run = async (command) => {
      signal.throwIfAborted();
      return client.run(command);
    };
    const network: Network = new Network({ run, options, signal, emitter }, () => {
      this.#showState();
      if (!network.error) for (const link of links) link.networkBack();
    });
    return { network, signal, end: (error) => controller.abort(error) };
  }

  /** Ends the current period. The links learn of the loss before their operations fail. */
  endPeriod(error: EspAtError): void {
    this.#state.period.end(error);
    this.#inform({ kind: 'notReady', error, isFinal: error.code === 'DEVICE_STOPPED' });
  }

  /** Ends the current period, and returns the next one; undefined where a listener stops the device. */
  nextPeriod(error: EspAtError): Period | undefined {
    const state = this.#state;
    this.#rememberPrompt(error);
    this.endPeriod(error);
    if (this.#state !== state) return undefined;
    this.client.reset(error);
    this.#owesInSync = false;
    return this.#createPeriod();
  }

  /** Ends the session. Pending operations reject with the error. */
  end(error: EspAtError): void {
    if (this.hasEnded) return;
    this.#rememberPrompt(error);
    this.become({ kind: 'ended', period: this.#state.period, error });
    this.endPeriod(error);
    this.client.close(error);
    this.#end.resolve(error);
  }

  /** A search that has not found the device leaves the prompt of an earlier period or session open. */
  #rememberPrompt({ code }: EspAtError): void {
    if (code === 'DEVICE_RESTARTED') this.port.memory.pendingPrompt = false;
    else if (this.client.pendingPrompt) this.port.memory.pendingPrompt = true;
  }

  get hasEnded(): boolean {
    return this.#state.kind === 'ended';
  }

  /** Informs the links that the device is ready or resyncs, unless a listener has ended that state already. */
  informLinks(): void {
    const state = this.#state;
    if ('device' in state) this.#inform({ kind: state.kind, device: state.device });
  }

  #inform(availability: Availability): void {
    const state = this.#state;
    for (const link of this.context.links) {
      link.deviceChanged(availability);
      // A listener of the link may have caused a newer change, of which all links know by now.
      if (this.#state !== state) return;
    }
  }

  /** Emits `outofsync`. */
  outOfSync(cause: OutOfSyncCause): void {
    this.#owesInSync = true;
    this.context.emitter.emit('outofsync', cause);
  }

  /** After a resync, or a climb, which may have taken one over: emits `insync` after an `outofsync`, and the links go on. */
  inSync(): void {
    // In another resync, whose end follows.
    if (this.client.isOutOfSync) return;
    const owesInSync = this.#owesInSync;
    this.#owesInSync = false;
    if (owesInSync) this.context.emitter.emit('insync');
    if (this.#state.kind !== 'resyncing') return;
    const { period, device, checks, automaticRate } = this.#state;
    this.become({ kind: 'ready', period, device, checks, automaticRate });
    this.informLinks();
    for (const link of this.context.links) link.dataTrusted();
    checks.request();
  }

  #showState(): void {
    const state = stateOf(this.#state);
    if (state) this.context.status.become(state);
  }
}
