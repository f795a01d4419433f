import type { NodeAPI } from 'node-red';
import { deviceNodes, modelOf } from '../device/device-node';

/**
 * Adds `GET /esp-at-websocket/firmware/<device>` for the dialogs: `{ firmware }`, the class A to D of a deployed
 * device; `{}` until the device has reported its version. For a device inside a subflow: the class of its instances, if
 * all that have reported it have the same.
 */
export function serveFirmware(RED: NodeAPI): void {
  RED.httpAdmin.get(
    '/esp-at-websocket/firmware/:device',
    RED.auth.needsPermission('esp-at-device.read'),
    (request, response) => {
      const { device } = request.params;
      const classes = new Set(
        deviceNodes(RED)
          .filter((node) => (modelOf(node) ?? node.id) === device)
          .flatMap(({ host }) => host.capabilities?.firmware ?? []),
      );
      const [firmware] = classes;
      response.json({ firmware: classes.size === 1 ? firmware : undefined });
    },
  );
}
