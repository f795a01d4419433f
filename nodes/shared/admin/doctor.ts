import type { NodeAPI } from 'node-red';
import { findingInWords, type Finding } from '../../../driver';
import type { PortVisits } from '../device/port-visits';
import { codedCopy } from './coded-copy';
import { dialogPort } from './dialog-port';

/** Findings that compare the rate of the device with the one that is set: a driver that finds the rate itself has none set. */
const ABOUT_SET_RATE: readonly string[] = ['WRONG_RATE', 'LEFTOVER_RATE'];

/**
 * Adds `POST /esp-at-websocket/doctor/<device>` for the dialog: examines the device on the port that the body names,
 * `{ port, rate, autoRate, dtr, rts }`; the links of a deployed device that uses the port close. The response is
 * `{ ok, findings: [{ code, severity, details, message }] }`, the worst first; or 409 with `{ error }`, a
 * {@link codedCopy}.
 */
export function serveDoctor(RED: NodeAPI, visits: PortVisits): void {
  const examined = async (id: unknown, body: unknown): Promise<readonly Finding[]> => {
    const port = dialogPort(RED, String(id), body);
    const { findings } = await visits.examine(port);
    return port.hasAutomaticRate
      ? findings.filter(({ code }) => !ABOUT_SET_RATE.includes(code))
      : findings;
  };
  RED.httpAdmin.post(
    '/esp-at-websocket/doctor/:device',
    RED.auth.needsPermission('esp-at-device.write'),
    (request, response) => {
      examined(request.params.device, request.body).then(
        (findings) =>
          response.json({
            ok: findings.every(({ severity }) => severity === 'note'),
            findings: findings.map((each) => ({ ...each, message: findingInWords(each) })),
          }),
        (error: unknown) => response.status(409).json({ error: codedCopy(error) }),
      );
    },
  );
}
