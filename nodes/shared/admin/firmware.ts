import type { NodeAPI } from 'node-red';
import { findDevice } from '../device/device-node';

/**
 * Adds `GET /esp-at-websocket/firmware/<device>` for the dialogs: `{ firmware }`, the class A to D of a deployed
 * device; `{}` until the device has reported its version.
 */
export function serveFirmware(RED: NodeAPI): void {
  RED.httpAdmin.get(
    '/esp-at-websocket/firmware/:device',
    RED.auth.needsPermission('esp-at-device.read'),
    (request, response) => {
      const device = findDevice(RED, String(request.params.device));
      response.json({ firmware: device?.host.capabilities?.firmware });
    },
  );
}
