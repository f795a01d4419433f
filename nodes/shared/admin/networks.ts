import type { NodeAPI } from 'node-red';
import { findDevice, requireDevice } from '../device/device-node';
import { toCaughtError } from '../errors/caught-error';
import type { Translate } from '../message/translate';

/**
 * Adds `GET /esp-at-websocket/networks/<device>` for the dialog: the Wi-Fi networks in reach of a deployed
 * device, strongest first; or 409 with `{ error }`, a sentence.
 */
export function serveNetworks(RED: NodeAPI, translate: Translate): void {
  RED.httpAdmin.get(
    '/esp-at-websocket/networks/:device',
    // A scan blocks the device for some seconds.
    RED.auth.needsPermission('esp-at-device.write'),
    (request, response) => {
      networks(RED, request.params.device).then(
        (found) => response.json(found),
        (error: unknown) =>
          response.status(409).json({ error: toCaughtError(translate, error).message }),
      );
    },
  );
}

async function networks(RED: NodeAPI, id: unknown): Promise<unknown> {
  return requireDevice(findDevice(RED, String(id))).host.device.scanNetworks();
}
