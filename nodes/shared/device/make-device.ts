import { Device, EspAtError, portAt, type PortOpener } from '../../../driver';
import { simulatedPort } from '../../../simulator';
import { addressRefusal, SIMULATED } from '../checks/port-address';
import type { PortMemory } from '../../../driver/device/options';
import { refusalError } from '../errors/node-error';
import type { DeviceApi } from './device-api';
import type { DeviceSettings, SerialSettings } from '../settings/device-settings';

/** Makes a device. Does not open its port. @param memory of the port */
export type MakeDevice = (settings: DeviceSettings, memory: PortMemory) => DeviceApi;

/** Makes the driver's device for a serial port, a TCP bridge or a simulated ESP32. */
export const makeDevice: MakeDevice = ({ address, serial, options }, memory) =>
  new Device({ ...options, memory, port: openerAt(address, serial) });

/** @throws EspAtError `INVALID_PORT`, `INVALID_SETTING` */
export function openerAt(address: string, serial: SerialSettings): PortOpener {
  const refusal = addressRefusal(address);
  if (refusal) throw refusalError(refusal);
  if (!address.startsWith(SIMULATED)) return portAt(address, serial);
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
}

const lostPort = (port: string, cause: Error): EspAtError =>
  new EspAtError('PORT_LOST', { port }, { cause });
