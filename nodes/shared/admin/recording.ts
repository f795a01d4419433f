import type { NodeAPI } from 'node-red';
import { findDevice, requireDevice } from '../device/device-node';
import { codedCopy } from './coded-copy';
import { LIVE_PERMISSION } from './live';

/**
 * Adds `GET /esp-at-websocket/recording/<device>` for the live view: the device's recording, JSON Lines; or 409 with
 * `{ error }`, a {@link codedCopy}.
 */
export function serveRecording(RED: NodeAPI): void {
  RED.httpAdmin.get(
    '/esp-at-websocket/recording/:device',
    RED.auth.needsPermission(LIVE_PERMISSION),
    (request, response) => {
      try {
        const { host } = requireDevice(findDevice(RED, String(request.params.device)));
        response.type('application/jsonl').send(host.device.recording(host.label));
      } catch (error) {
        response.status(409).json({ error: codedCopy(error) });
      }
    },
  );
}
