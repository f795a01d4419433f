import type { NodeAPI } from 'node-red';
import { findingInWords, type Finding } from '../../../driver';
import type { PortVisits } from '../device/port-visits';
import { toCaughtError } from '../errors/caught-error';
import { sentence } from '../errors/sentence';
import { translateOr, type Translate } from '../message/translate';
import { typedPort } from './typed-port';

/**
 * Adds `POST /esp-at-websocket/doctor/<device>` for the dialog: examines the device on the port that the body names,
 * `{ port, rate, dtr, rts }`; the links of a deployed device that uses the port pause meanwhile. The response is
 * `{ ok, findings: [{ code, severity, message }] }`, the worst first; or 409 with `{ error }`, a sentence.
 */
export function serveDoctor(RED: NodeAPI, translate: Translate, visits: PortVisits): void {
  const report = async (id: unknown, body: unknown) =>
    visits.examine(typedPort(RED, String(id), body));
  RED.httpAdmin.post(
    '/esp-at-websocket/doctor/:device',
    RED.auth.needsPermission('esp-at-device.write'),
    (request, response) => {
      report(request.params.device, request.body).then(
        ({ ok, findings }) =>
          response.json({ ok, findings: findings.map((each) => inWords(translate, each)) }),
        (error: unknown) =>
          response.status(409).json({ error: toCaughtError(translate, error).message }),
      );
    },
  );
}

function inWords(translate: Translate, finding: Finding): object {
  const { code, severity, details } = finding;
  const fallback = sentence(translate, code, details, findingInWords(finding));
  return { code, severity, message: translateOr(translate, `doctor.${code}`, fallback, details) };
}
