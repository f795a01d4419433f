import type { NodeAPI } from 'node-red';
import { EspAtError } from '../../../driver/errors';
import type { Settings } from '../checks/refusal';
import { slotUse, unusable, usableCertificates } from '../device/tls-config';
import {
  certificateProblems,
  type CertificateProblem,
  type CertificateText,
} from './certificate-problems';
import { codedCopy } from './coded-copy';
import { draftText } from './draft-environment';
import { STORED, textOf } from './request-text';
import { DraftError, draftMaterial } from './tls-draft';

/**
 * Adds `POST /esp-at-websocket/certificates` for the dialog. The body is `{ device, slot, ca, certificate, key }`,
 * the PEM texts of one slot, or `{ slot, tls, links }`: the settings of a `tls-config` node and of the links. The
 * response is the list of problems, each a {@link codedCopy} with its `field`; it never holds a text. The editor has no
 * stored key: the runtime takes it from the credentials.
 */
export function serveCertificates(RED: NodeAPI): void {
  RED.httpAdmin.post(
    '/esp-at-websocket/certificates',
    RED.auth.needsPermission('esp-at-device.write'),
    // The settings of a tls-config node name files, as a deployed one may.
    RED.auth.needsPermission('flows.write'),
    (request, response) => {
      const body: unknown = request.body;
      const slot = textOf(body, 'slot') === '1' ? 1 : 0;
      const tls = memberOf(body, 'tls');
      const problems =
        typeof tls === 'object' && tls !== null
          ? tlsProblems(RED, { slot, tls, rows: rowsOf(memberOf(body, 'links')) })
          : certificateProblems(slot, textsOf(RED, body, slot));
      response.json(problems.map(({ field, error }) => ({ field, ...codedCopy(error) })));
    },
  );
}

function textsOf(RED: NodeAPI, body: unknown, slot: 0 | 1): CertificateText {
  const device = textOf(body, 'device');
  const key = textOf(body, 'key');
  const expanded = (text: string) => draftText(RED, device, text);
  return {
    ca: expanded(textOf(body, 'ca')),
    certificate: expanded(textOf(body, 'certificate')),
    key: expanded(key === STORED ? storedKey(RED, device, slot) : key),
  };
}

function storedKey(RED: NodeAPI, device: string, slot: 0 | 1): string {
  return textOf(RED.nodes.getCredentials(device), `key${slot}`);
}

interface TlsRequest {
  readonly slot: number;
  readonly tls: object;
  readonly rows: readonly Settings[];
}

function tlsProblems(RED: NodeAPI, { slot, tls, rows }: TlsRequest): CertificateProblem[] {
  try {
    const given = usableCertificates(slot, draftMaterial(RED, tls), slotUse(rows, slot));
    return certificateProblems(slot, given).map(({ error }) => ({ field: 'tls', error }));
  } catch (error) {
    const known = error instanceof DraftError ? unusable(slot, 'FILES_UNREADABLE') : error;
    if (!(known instanceof EspAtError)) throw known;
    return [{ field: 'tls', error: known }];
  }
}

function memberOf(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null ? Reflect.get(object, name) : undefined;
}

function rowsOf(value: unknown): Settings[] {
  const rows: unknown[] = Array.isArray(value) ? value : [];
  return rows.flatMap((row) =>
    typeof row === 'object' && row !== null ? [Object.fromEntries(Object.entries(row))] : [],
  );
}
