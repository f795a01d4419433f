import type { NodeAPI } from 'node-red';
import { findingInWords } from '../../../driver';
import type { PortVisits } from '../device/port-visits';
import { codedCopy } from './coded-copy';
import { typedPort } from './typed-port';

/**
 * Adds `POST /esp-at-websocket/doctor/<device>` for the dialog: examines the device on the port that the body names,
 * `{ port, rate, dtr, rts }`; the links of a deployed device that uses the port pause meanwhile. The response is
 * `{ ok, findings: [{ code, severity, details, message }] }`, the worst first; or 409 with `{ error }`, a
 * {@link codedCopy}.
 */
export function serveDoctor(RED: NodeAPI, visits: PortVisits): void {
  const report = async (id: unknown, body: unknown) =>
    visits.examine(typedPort(RED, String(id), body));
  RED.httpAdmin.post(
    '/esp-at-websocket/doctor/:device',
    RED.auth.needsPermission('esp-at-device.write'),
    (request, response) => {
      report(request.params.device, request.body).then(
        ({ ok, findings }) =>
          response.json({
            ok,
            findings: findings.map((each) => ({ ...each, message: findingInWords(each) })),
          }),
        (error: unknown) => response.status(409).json({ error: codedCopy(error) }),
      );
    },
  );
}
