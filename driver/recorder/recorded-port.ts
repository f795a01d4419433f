import { asEspAtError } from '../errors';
import type { Port, PortHandlers, PortOpener, PortOpenOptions } from '../port/port';
import type { PortAbilities, PortEventLine, PortCallLine } from './lines';
import type { Recorder } from './recorder';

type PortFailure = Extract<PortEventLine, { readonly error: unknown }>['port'];

/** Returns an opener whose ports the recorder records: their bytes and their calls. */
export function recordedOpener(opener: PortOpener, recorder: Recorder): PortOpener {
  const { address, rate, bridgedRate } = opener;
  const open = async (handlers: PortHandlers, settings: PortOpenOptions) => {
    recorder.line({ port: 'opening' });
    try {
      const recorded = recordedHandlers(handlers, recorder);
      const port = await opener.open(recorded, settings);
      recorder.line({ port: 'opened', ...abilitiesOf(port) });
      return recordedPort(port, recorder);
    } catch (reason) {
      const error = asEspAtError(reason, address);
      recorder.line({ port: 'failed', error: error.code });
      throw error;
    }
  };
  return { address, rate, bridgedRate, open };
}

export function abilitiesOf(port: Port): PortAbilities {
  return {
    setsRate: port.setRate !== undefined,
    resets: port.reset !== undefined,
    readsCts: port.readCts !== undefined || undefined,
    setsFlowControl: port.setFlowControl !== undefined || undefined,
  };
}

function recordedHandlers(handlers: PortHandlers, recorder: Recorder): PortHandlers {
  return {
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
}

/** Returns a port that records what passes it and what is asked of it. It can do what `port` can. */
function recordedPort(port: Port, recorder: Recorder): Port {
  let lastPending = 0;
  async function ask<T>(
    asked: PortCallLine,
    done: PortEventLine | ((result: T) => PortEventLine),
    failed: PortFailure,
    run: () => Promise<T>,
  ): Promise<T> {
    recorder.line(asked);
    try {
      const result = await run();
      recorder.line(typeof done === 'function' ? done(result) : done);
      return result;
    } catch (reason) {
      recorder.line({ port: failed, error: asEspAtError(reason).code });
      throw reason;
    }
  }
  return {
    write(bytes) {
      // First, since a port may answer at once.
      recorder.wrote(bytes);
      port.write(bytes);
    },
    get pendingBytes() {
      const bytes = port.pendingBytes;
      if (bytes !== lastPending) recorder.line({ port: 'pending', bytes });
      lastPending = bytes;
      return bytes;
    },
    async close() {
      recorder.line({ port: 'closing' });
      await port.close();
      recorder.line({ port: 'closed' });
    },
    ...(port.setRate && {
      setRate: (rate: number) =>
        ask({ port: 'setRate', rate }, { port: 'rateSet', rate }, 'rateFailed', async () =>
          port.setRate?.(rate),
        ),
    }),
    ...(port.reset && {
      reset: () =>
        ask({ port: 'reset' }, { port: 'resetDone' }, 'resetFailed', async () => port.reset?.()),
    }),
    ...(port.readCts && {
      readCts: () =>
        ask(
          { port: 'readCts' },
          (active) => ({ port: 'ctsRead', active }),
          'modemLineFailed',
          async () => (await port.readCts?.()) === true,
        ),
    }),
    ...(port.setFlowControl && {
      setFlowControl: (on: boolean) =>
        ask(
          { port: 'setFlowControl', on },
          { port: 'flowControlSet' },
          'modemLineFailed',
          async () => port.setFlowControl?.(on),
        ),
    }),
  };
}
