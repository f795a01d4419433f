import type { NodeAPI } from 'node-red';
import { certificateProblems, type CertificateText } from './certificate-problems';
import type { Translate } from '../message/translate';

/**
 * `POST /esp-at-websocket/certificates` for the dialog: what is wrong with the PEM texts of one slot,
 * `{ device, slot, ca, certificate, key }`, as a list of `{ field, message }`. A key that the editor does not
 * have, because it is stored, is the stored one.
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

/** What Node-RED gives the editor in the place of a credential. */
const STORED = '__PWRD__';

function storedKey(RED: NodeAPI, device: string, slot: 0 | 1): string {
  return textOf(RED.nodes.getCredentials(device), `key${slot}`);
}

function textOf(object: unknown, name: string): string {
  if (typeof object !== 'object' || object === null) return '';
  const value: unknown = Reflect.get(object, name);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
