import { realpathSync } from 'node:fs';
import { Device, EspAtError, openerFor, type PortOpener } from '../../../driver';
import { simulatedPort } from '../../../simulator';
import type { DeviceApi } from './device-api';
import type { DeviceSettings, LineSettings } from './device-settings';

/** Addresses of a simulated device begin so. */
export const SIMULATED = 'sim:';

/** Makes the device that the settings describe. Does not open its port yet. */
export type MakeDevice = (settings: DeviceSettings) => DeviceApi;

/** The driver's device, on a serial port, a TCP bridge or a simulated ESP32. */
export const makeDevice: MakeDevice = ({ address, line, options }) =>
  new Device({ ...options, port: opener(address, line) });

/** What is the same for two addresses of one port: `/dev/serial/by-id/…` is a link to `/dev/ttyUSB0`. */
export function portKey(address: string): string {
  if (address.startsWith(SIMULATED)) return address;
  if (/^[a-z]+:/i.test(address)) return address.toLowerCase();
  // Windows takes `COM3`, `com3` and `\\.\COM3` for one port.
  const windowsName = /^(?:\\\\\.\\)?(COM\d+)$/i.exec(address)?.[1];
  if (windowsName !== undefined) return windowsName.toUpperCase();
  try {
    return realpathSync(address);
  } catch {
    return address; // Unplugged.
  }
}

function opener(address: string, line: LineSettings): PortOpener {
  if (!address.startsWith(SIMULATED)) return openerFor(address, line);
  try {
    const port = simulatedPort(address);
    return {
      address,
      ...(port.rate === undefined ? {} : { rate: port.rate }),
      open: (handlers) =>
        port.open({
          data: (chunk) => handlers.data(chunk),
          lost: (cause) => handlers.lost(lostPort(address, cause)),
        }),
    };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const details = { setting: 'port', reason: 'NOT_USABLE', said };
    throw new EspAtError('INVALID_SETTING', details, { cause: error });
  }
}

const lostPort = (port: string, cause: Error): EspAtError =>
  new EspAtError('PORT_LOST', { port }, { cause });
