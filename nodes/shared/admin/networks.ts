import type { NodeAPI } from 'node-red';
import type { NetworkScan } from '../../../driver/doctor/networks';
import type { PortVisits } from '../device/port-visits';
import { codedCopy } from './coded-copy';
import { dialogPort } from './dialog-port';

/**
 * Adds `POST /esp-at-websocket/networks/<device>` for the dialog: the Wi-Fi networks in reach of the device on the port
 * that the body names, `{ port, rate, autoRate, dtr, rts }`, as `{ networks, endedPrompt }`, a {@link NetworkScan}; or 409
 * with `{ error, endedPrompt }`, the error as a {@link codedCopy}.
 */
export function serveNetworks(RED: NodeAPI, visits: PortVisits): void {
  const networks = async (id: unknown, body: unknown): Promise<NetworkScan> =>
    visits.networks(dialogPort(RED, String(id), body));
  const failure = (error: unknown, endedPrompt = false) => ({
    error: codedCopy(error),
    endedPrompt,
  });
  RED.httpAdmin.post(
    '/esp-at-websocket/networks/:device',
    // A scan blocks the device for some seconds.
    RED.auth.needsPermission('esp-at-device.write'),
    (request, response) => {
      networks(request.params.device, request.body).then(
        ({ error, ...found }) =>
          error
            ? response.status(409).json(failure(error, found.endedPrompt))
            : response.json(found),
        (error: unknown) => response.status(409).json(failure(error)),
      );
    },
  );
}
