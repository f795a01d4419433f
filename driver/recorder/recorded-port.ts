import { asEspAtError } from '../errors';
import type { Port, PortHandlers, PortOpener, PortOpenOptions } from '../port/port';
import type { PortEventLine, PortCallLine } from './lines';
import type { Recorder } from './recorder';

type PortFailure = Extract<PortEventLine, { readonly error: unknown }>['port'];

/** Returns an opener whose ports the recorder records: their bytes and their calls. */
export function recordedOpener(opener: PortOpener, recorder: Recorder): PortOpener {
  const { address, rate, bridgedRate } = opener;
  return {
    address,
    rate,
    bridgedRate,
    open: (handlers, settings) => open(opener, recorder, handlers, settings),
  };
}

async function open(
  opener: PortOpener,
  recorder: Recorder,
  handlers: PortHandlers,
  settings: PortOpenOptions,
): Promise<Port> {
  recorder.line({ port: 'opening' });
  const recorded: PortHandlers = {
    data: (chunk) => {
      recorder.received(chunk);
      try {
        handlers.data(chunk);
      } finally {
        recorder.endTurn();
      }
    },
    lost: (error) => {
      recorder.line({ port: 'lost', error: error.code });
      handlers.lost(error);
    },
  };
  try {
    const port = new RecordedPort(await opener.open(recorded, settings), recorder);
    const { setRate, reset, readCts, setFlowControl } = port;
    recorder.line({
      port: 'opened',
      setsRate: setRate !== undefined,
      resets: reset !== undefined,
      ...(readCts && { readsCts: true }),
      ...(setFlowControl && { setsFlowControl: true }),
    });
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
  readonly readCts?: () => Promise<boolean>;
  readonly setFlowControl?: (on: boolean) => Promise<void>;
  readonly #port: Port;
  readonly #recorder: Recorder;
  #pendingBytes = 0;

  constructor(port: Port, recorder: Recorder) {
    this.#port = port;
    this.#recorder = recorder;
    if (port.setRate)
      this.setRate = (rate) =>
        this.#ask(
          { port: 'setRate', rate },
          async () => port.setRate?.(rate),
          () => ({ port: 'rateSet', rate }),
          'rateFailed',
        );
    if (port.reset)
      this.reset = () =>
        this.#ask(
          { port: 'reset' },
          async () => port.reset?.(),
          () => ({ port: 'resetDone' }),
          'resetFailed',
        );
    if (port.readCts)
      this.readCts = () =>
        this.#ask(
          { port: 'readCts' },
          async () => (await port.readCts?.()) === true,
          (active) => ({ port: 'ctsRead', active }),
          'modemLineFailed',
        );
    if (port.setFlowControl)
      this.setFlowControl = (on) =>
        this.#ask(
          { port: 'setFlowControl', on },
          async () => port.setFlowControl?.(on),
          () => ({ port: 'flowControlSet' }),
          'modemLineFailed',
        );
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

  async #ask<T>(
    asked: PortCallLine,
    act: () => Promise<T>,
    done: (result: T) => PortEventLine,
    failed: PortFailure,
  ): Promise<T> {
    this.#recorder.line(asked);
    try {
      const result = await act();
      this.#recorder.line(done(result));
      return result;
    } catch (reason) {
      this.#recorder.line({ port: failed, error: asEspAtError(reason).code });
      throw reason;
    }
  }
}
