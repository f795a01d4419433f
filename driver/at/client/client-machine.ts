import type { ClientState } from './client-state';
import type { Pace } from '../port-lease';

/** See {@link AtClient.assume}. */
export interface Assumptions {
  readonly echoOff: boolean;
  readonly rateLostOnRestart: boolean;
}

/** Holds the state of a client: the only place where it changes. */
export class ClientMachine {
  #state: ClientState = { kind: 'idle' };
  #assumptions: Assumptions = { echoOff: false, rateLostOnRestart: false };

  get state(): ClientState {
    return this.#state;
  }

  get assumptions(): Assumptions {
    return this.#assumptions;
  }

  assume(assumptions: Partial<Assumptions>): void {
    this.#assumptions = { ...this.#assumptions, ...assumptions };
  }

  get pace(): Exclude<Pace, 'search'> {
    return this.#assumptions.rateLostOnRestart ? 'negotiatedRate' : 'startRate';
  }

  get isDataTrusted(): boolean {
    return !('dataTrusted' in this.#state) || this.#state.dataTrusted;
  }

  /** Changes the state. A change away from a resync aborts it. */
  become(state: ClientState): void {
    const before = this.#state;
    this.#state = state;
    if (before.kind !== 'resyncing') return;
    if (state.kind !== 'resyncing' || state.lease !== before.lease) before.controller.abort();
  }
}
