import { asEspAtError, type EspAtError } from '../errors';
import type { Port, PortHandlers, PortOpener, PortSettings } from '../port/port';
import type { PortActLine, PortAskLine } from './lines';
import type { Recorder } from './recorder';

/** Records all that passes the ports of an opener, and what they are asked. */
export function recordedOpener(opener: PortOpener, recorder: Recorder): PortOpener {
  return {
    address: opener.address,
    ...(opener.rate !== undefined && { rate: opener.rate }),
    ...(opener.bridgedRate !== undefined && { bridgedRate: opener.bridgedRate }),
    open: (handlers, settings) => open(opener, recorder, handlers, settings),
  };
}

async function open(
  opener: PortOpener,
  recorder: Recorder,
  handlers: PortHandlers,
  settings: PortSettings,
): Promise<Port> {
  recorder.line({ port: 'opening' });
  const recorded: PortHandlers = {
    data: (chunk) => {
      recorder.received(chunk);
      handlers.data(chunk);
    },
    lost: (error) => {
      recorder.line({ port: 'lost', error: error.code });
      handlers.lost(error);
    },
  };
  try {
    const port = new RecordedPort(await opener.open(recorded, settings), recorder);
    const { setRate, reset } = port;
    const opened = { setsRate: setRate !== undefined, resets: reset !== undefined };
    recorder.line({ port: 'opened', ...opened });
    return port;
  } catch (reason) {
    const error = asEspAtError(reason, opener.address);
    recorder.line({ port: 'failed', error: error.code });
    throw error;
  }
}

class RecordedPort implements Port {
  readonly setRate?: (rate: number) => Promise<void>;
  readonly reset?: () => Promise<void>;
  readonly #port: Port;
  readonly #recorder: Recorder;
  #pendingBytes = 0;

  constructor(port: Port, recorder: Recorder) {
    this.#port = port;
    this.#recorder = recorder;
    if (port.setRate) {
      this.setRate = (rate) =>
        this.#ask(
          { port: 'setRate', rate },
          () => port.setRate?.(rate),
          { port: 'rateSet', rate },
          ({ code }) => ({ port: 'rateFailed', error: code }),
        );
    }
    if (port.reset) {
      this.reset = () =>
        this.#ask(
          { port: 'reset' },
          () => port.reset?.(),
          { port: 'resetDone' },
          ({ code }) => ({ port: 'resetFailed', error: code }),
        );
    }
  }

  write(bytes: Uint8Array): void {
    // First, since a port may answer at once.
    this.#recorder.wrote(bytes);
    this.#port.write(bytes);
  }

  get pendingBytes(): number {
    const { pendingBytes } = this.#port;
    if (pendingBytes !== this.#pendingBytes)
      this.#recorder.line({ port: 'pending', bytes: pendingBytes });
    this.#pendingBytes = pendingBytes;
    return pendingBytes;
  }

  async close(): Promise<void> {
    this.#recorder.line({ port: 'closing' });
    await this.#port.close();
    this.#recorder.line({ port: 'closed' });
  }

  async #ask(
    asked: PortAskLine,
    act: () => Promise<void> | undefined,
    done: PortActLine,
    failed: (error: EspAtError) => PortActLine,
  ): Promise<void> {
    this.#recorder.line(asked);
    try {
      await act();
      this.#recorder.line(done);
    } catch (reason) {
      this.#recorder.line(failed(asEspAtError(reason)));
      throw reason;
    }
  }
}
