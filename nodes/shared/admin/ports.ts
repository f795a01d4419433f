import type { NodeAPI } from 'node-red';
import { listPorts, type PortInfo } from '../../../driver';
import { SIMULATED } from '../checks/port-address';

/** A suggestion for the port field. Holds no sentence: the dialog words it in the editor's language. */
interface PortSuggestion {
  /** The address of the port. */
  readonly value: string;
  /** The operating system's name, where that is another one. */
  readonly device?: string;
  /** Manufacturer and product of the adapter. */
  readonly about?: string;
  readonly serialNumber?: string;
  /** Whether a program uses the port; undefined if the system does not know. */
  readonly inUse?: boolean;
}

/** Adds `GET /esp-at-websocket/ports` for the dialog: the simulated device, then the serial ports of this computer. */
export function servePorts(RED: NodeAPI): void {
  RED.httpAdmin.get(
    '/esp-at-websocket/ports',
    RED.auth.needsPermission('esp-at-device.read'),
    (_request, response) => {
      suggestions().then(
        (ports) => response.json(ports),
        (error: unknown) => response.status(500).json({ error: String(error) }),
      );
    },
  );
}

async function suggestions(): Promise<PortSuggestion[]> {
  const ports = await listPorts();
  return [{ value: SIMULATED }, ...ports.map(suggestion)];
}

function suggestion({
  path,
  device,
  manufacturer,
  product,
  serialNumber,
  inUse,
}: PortInfo): PortSuggestion {
  const about = [manufacturer, product].filter((part) => part !== undefined).join(' ');
  return {
    value: path,
    ...(device === path ? {} : { device }),
    ...(about === '' ? {} : { about }),
    ...(serialNumber === undefined ? {} : { serialNumber }),
    ...(inUse === undefined ? {} : { inUse }),
  };
}
