import type { AtClient } from '../at/at-client';
import type { Command } from '../at/command';
import type { EspAtError } from '../errors';
import type { ReadyDevice } from '../link/link-host';
import { Network, type NetworkEvent } from './network';
import type { Capabilities } from './options';
import type { SessionContext } from './session-state';

/** The time from a start of the device to its next restart or its loss. */
export class Boot {
  readonly network: Network;
  /** Whether a data prompt may be open at its start. */
  readonly pendingPrompt: boolean;
  readonly #client: AtClient;
  readonly #controller = new AbortController();

  constructor(
    client: AtClient,
    { options, clock }: SessionContext,
    pendingPrompt: boolean,
    listener: (event: NetworkEvent) => void,
  ) {
    this.#client = client;
    const { signal } = this;
    const run = async (command: Command) => {
      signal.throwIfAborted();
      return client.run(command);
    };
    this.network = new Network({ run, options, clock, signal }, listener);
    this.pendingPrompt = pendingPrompt;
  }

  /** Aborts at its end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The device, as its links use it. */
  createDevice(capabilities: Capabilities): ReadyDevice {
    const clockSet = () => this.network.timeKnown();
    return { client: this.#client, capabilities, headers: { clear: false }, clockSet };
  }

  end(error: EspAtError): void {
    this.#controller.abort(error);
  }
}
