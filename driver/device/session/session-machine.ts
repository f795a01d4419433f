import type { AtClient } from '../../at/at-client';
import type { EspAtError } from '../../errors';
import type { Availability } from '../../link/link-host';
import type { SearchOptions } from '../baud-rate/search';
import { Boot } from './initialize/boot';
import type { SessionPort } from './session-port';
import {
  NO_PROGRESS,
  stateOf,
  type SessionContext,
  type SessionEnd,
  type SessionEvent,
  type SessionStart,
  type SessionState,
} from './session-state';

/** Holds the state of a device session, and is the only place where it changes. */
export class SessionMachine {
  /** Resolves when the session ends. */
  readonly ended: Promise<SessionEnd>;
  readonly context: SessionContext;
  readonly client: AtClient;
  readonly port: SessionPort;
  readonly listener: (event: SessionEvent) => void;
  #state: SessionState;
  #settle: (end: SessionEnd) => void = () => undefined;

  constructor(
    context: SessionContext,
    client: AtClient,
    port: SessionPort,
    { memory, error }: SessionStart,
    listener: (event: SessionEvent) => void,
  ) {
    this.context = context;
    this.client = client;
    this.port = port;
    this.listener = listener;
    this.ended = new Promise((resolve) => (this.#settle = resolve));
    const boot = this.createBoot({ pendingPrompt: memory.pendingPrompt, failedSearches: 0 });
    this.#state = { kind: 'initializing', boot, progress: { ...NO_PROGRESS, error } };
  }

  get state(): SessionState {
    return this.#state;
  }

  become(state: SessionState): void {
    if ('timer' in this.#state) this.#state.timer();
    this.#state = state;
    this.#emitState();
  }

  createBoot(search: SearchOptions): Boot {
    const boot: Boot = new Boot(this.client, this.context, search, () => {
      this.#emitState();
      if (!boot.network.error)
        for (const link of this.context.links) link.take({ kind: 'networkBack' });
    });
    return boot;
  }

  /** Ends a boot. The links learn of the loss before their operations fail. */
  endBoot(boot: Boot, error: EspAtError): void {
    boot.end(error);
    this.informLinks({ kind: 'notReady', error, isFinal: error.code === 'DEVICE_STOPPED' });
  }

  /** Ends the session. Pending operations reject with the error. Later calls do nothing. */
  end(error: EspAtError): void {
    if (this.hasEnded) return;
    const { boot } = this.#state;
    const { pendingPrompt } = this.client;
    this.become({ kind: 'ended', boot, error });
    this.endBoot(boot, error);
    this.client.close(error);
    const { negotiatedRateWorks, slowness, flowControlSet } = this.port;
    const memory = { negotiatedRateWorks, slowness, flowControlSet, pendingPrompt };
    this.#settle({ error, memory });
  }

  get hasEnded(): boolean {
    return this.#state.kind === 'ended';
  }

  informLinks(availability: Availability): void {
    const state = this.#state;
    for (const link of this.context.links) {
      link.deviceChanged(availability);
      // A listener of the link may have caused a newer change, of which all links know by now.
      if (this.#state !== state) return;
    }
  }

  /** In sync again: the links go on. */
  becomeReady(): void {
    if (this.#state.kind !== 'resyncing') return;
    const { device, checks } = this.#state;
    this.become({ ...this.#state, kind: 'ready' });
    this.informLinks({ kind: 'ready', device });
    for (const link of this.context.links) link.dataTrusted();
    checks.request();
  }

  #emitState(): void {
    const state = stateOf(this.#state);
    if (state) this.listener({ kind: 'state', state });
  }
}
