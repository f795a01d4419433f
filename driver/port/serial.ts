import { systemClock, type Clock } from '../clock';
import { portFailure } from './failure';
import { OpenSerial } from './open-serial';
import type { PortOptions } from './open';
import type { Port, PortHandlers } from './port';
import type { SerialBinding } from './serial-handle';
import { direct } from './unix-handle';

export interface SerialOptions extends PortOptions {
  readonly path: string;
  /** RTS/CTS. Never XON/XOFF: payloads are binary. */
  readonly flowControl: boolean;
}

/** Dependencies of the port, so that tests need no hardware. */
export interface SerialSeams {
  readonly binding: SerialBinding;
  readonly clock: Clock;
}

/** Loads the binding with the first port: without serial ports the package needs no native code. */
const SYSTEM: SerialSeams = {
  binding: {
    open: async (options) => {
      const { SerialPort } = await import('serialport');
      return direct(await SerialPort.binding.open(options));
    },
  },
  clock: systemClock,
};

/**
 * Opens a serial port. It uses the binding without a stream: a closed stream buffers writes, and sends them after the
 * next open.
 * @throws EspAtError `PORT_NOT_FOUND`, `PORT_PERMISSION`, `PORT_BUSY`, `PORT_FAILED`
 */
export async function openSerial(
  options: SerialOptions,
  handlers: PortHandlers,
  { binding, clock }: SerialSeams = SYSTEM,
): Promise<Port> {
  const { path } = options;
  const open = async (baudRate: number, rtscts: boolean) => {
    try {
      // Without hupcl, closing leaves DTR and RTS alone: development boards would restart.
      return await binding.open({ path, baudRate, rtscts, lock: true, hupcl: false });
    } catch (error) {
      throw portFailure(path, error);
    }
  };
  const handle = await open(options.rate, options.flowControl);
  const port = new OpenSerial(handle, options, { handlers, clock, open });
  await port.begin();
  return port;
}
