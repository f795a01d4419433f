import type { NodeAPI } from 'node-red';
import { listPorts, type PortInfo } from '../../../driver';
import { SIMULATED } from '../device/make-device';

/** A suggestion for the port field. The dialog puts it into words, in its own language. */
export interface PortSuggestion {
  /** What goes into the field. */
  readonly value: string;
  /** Who made what is plugged in, and what it is. */
  readonly about?: string;
  /** Whether another program holds it; missing where that cannot be told. */
  readonly inUse?: boolean;
}

/** `GET /esp-at-websocket/ports` for the dialog: the simulated device first, then what is plugged in. */
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

function suggestion({ path, manufacturer, product, inUse }: PortInfo): PortSuggestion {
  const about = [manufacturer, product].filter((part) => part !== undefined).join(' ');
  return {
    value: path,
    ...(about === '' ? {} : { about }),
    ...(inUse === undefined ? {} : { inUse }),
  };
}
