import type { NodeAPI } from 'node-red';
import { findingInWords, type DoctorReport, type Finding } from '../../../driver';
import { findDevice, requireDevice } from '../device/device-node';
import { toCaughtError } from '../errors/caught-error';
import { sentence } from '../errors/sentence';
import { translateOr, type Translate } from '../message/translate';

/**
 * Adds `POST /esp-at-websocket/doctor/<device>` for the dialog: examines a deployed device, whose links rest meanwhile.
 * The response is `{ ok, findings: [{ code, severity, message }] }`, the worst first; or 409 with `{ error }`, a sentence.
 */
export function serveDoctor(RED: NodeAPI, translate: Translate): void {
  RED.httpAdmin.post(
    '/esp-at-websocket/doctor/:device',
    RED.auth.needsPermission('esp-at-device.write'),
    (request, response) => {
      report(RED, request.params.device).then(
        ({ ok, findings }) =>
          response.json({ ok, findings: findings.map((each) => inWords(translate, each)) }),
        (error: unknown) =>
          response.status(409).json({ error: toCaughtError(translate, error).message }),
      );
    },
  );
}

async function report(RED: NodeAPI, id: unknown): Promise<DoctorReport> {
  return requireDevice(findDevice(RED, String(id))).host.examine();
}

function inWords(translate: Translate, finding: Finding): object {
  const { code, severity, details } = finding;
  const error = sentence(translate, code, details, findingInWords(finding));
  return { code, severity, message: translateOr(translate, `doctor.${code}`, error, details) };
}
