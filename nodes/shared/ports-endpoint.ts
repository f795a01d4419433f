import type { NodeAPI } from 'node-red';
import { listPorts, type PortInfo } from '../../driver';
import { SIMULATED } from './ports';
import type { Translate } from './translate';

/** A suggestion for the port field. */
export interface PortSuggestion {
  /** What goes into the field. */
  readonly value: string;
  readonly label: string;
}

/** `GET /esp-at-websocket/ports` for the dialog: the simulated device first, then what is plugged in. */
export function servePorts(RED: NodeAPI, translate: Translate): void {
  RED.httpAdmin.get(
    '/esp-at-websocket/ports',
    RED.auth.needsPermission('esp-at-device.read'),
    (_request, response) => {
      suggestions(translate).then(
        (ports) => response.json(ports),
        (error: unknown) => response.status(500).json({ error: String(error) }),
      );
    },
  );
}

async function suggestions(translate: Translate): Promise<PortSuggestion[]> {
  const ports = await listPorts();
  return [
    { value: SIMULATED, label: `${translate('ports.simulated')} (${SIMULATED})` },
    ...ports.map((port) => ({ value: port.path, label: describe(port, translate) })),
  ];
}

/** `/dev/serial/by-id/… – Silicon Labs CP2102 (in use)`; whether it is in use cannot always be told. */
function describe({ path, manufacturer, product, inUse }: PortInfo, translate: Translate): string {
  const about = [manufacturer, product].filter((part) => part !== undefined).join(' ');
  const name = about === '' ? path : `${path} – ${about}`;
  if (inUse === undefined) return name;
  return `${name} (${translate(inUse ? 'ports.inUse' : 'ports.free')})`;
}
