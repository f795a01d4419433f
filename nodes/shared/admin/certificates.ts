import type { NodeAPI } from 'node-red';
import { certificateProblems, type CertificateText } from './certificate-problems';
import type { Translate } from '../message/translate';

/**
 * Adds `POST /esp-at-websocket/certificates` for the dialog. The body is `{ device, slot, ca, certificate, key }`,
 * the PEM texts of one slot; the response is the list of problems, `{ field, message }`. The editor has no
 * stored key: the runtime takes it from the credentials.
 */
export function serveCertificates(RED: NodeAPI, translate: Translate): void {
  RED.httpAdmin.post(
    '/esp-at-websocket/certificates',
    RED.auth.needsPermission('esp-at-device.write'),
    (request, response) => {
      const text = (name: string) => textOf(request.body, name);
      const slot = text('slot') === '1' ? 1 : 0;
      const key = text('key') === STORED ? storedKey(RED, text('device'), slot) : text('key');
      const given: CertificateText = { ca: text('ca'), certificate: text('certificate'), key };
      response.json(certificateProblems(translate, slot, given));
    },
  );
}

/** What Node-RED gives the editor in place of a stored password. */
const STORED = '__PWRD__';

function storedKey(RED: NodeAPI, device: string, slot: 0 | 1): string {
  return textOf(RED.nodes.getCredentials(device), `key${slot}`);
}

function textOf(object: unknown, name: string): string {
  if (typeof object !== 'object' || object === null) return '';
  const value: unknown = Reflect.get(object, name);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
