import type { AtClient } from '../../../at/at-client';
import type { Command } from '../../../at/command';
import type { EspAtError } from '../../../errors';
import type { SearchOptions } from '../../baud-rate/search';
import { Network } from '../../network';
import type { SessionContext } from '../session-state';

/** What belongs to one boot of the device, from its start to its next restart or its loss. */
export class Boot {
  readonly network: Network;
  /** How to search for the device. */
  readonly search: SearchOptions;
  readonly #controller = new AbortController();

  constructor(
    client: AtClient,
    { options, emitter }: SessionContext,
    search: SearchOptions,
    networkChanged: () => void,
  ) {
    const { signal } = this;
    const run = async (command: Command) => {
      signal.throwIfAborted();
      return client.run(command);
    };
    this.network = new Network({ run, options, signal, emitter }, networkChanged);
    this.search = search;
  }

  /** Aborts when the boot ends. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(error: EspAtError): void {
    this.#controller.abort(error);
  }
}
