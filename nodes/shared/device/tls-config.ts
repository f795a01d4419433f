import type { NodeAPI } from 'node-red';
import { EspAtError } from '../../../driver/errors';
import { certificatesOf, type TlsMaterial } from '../../../driver/provisioning/tls-material';
import { asText, type Settings } from '../checks/refusal';
import type { FlowReason } from '../errors/node-error';
import type { CertificateOptions } from '../../../driver/provisioning/certificates';

/** What the links take from a certificate slot. */
interface SlotUse {
  /** A link verifies its server by the CA of the slot. */
  readonly ca: boolean;
  /** A link presents the client certificate of the slot. */
  readonly key: boolean;
}

/** What the links take from a slot, by their authentication. @param rows the settings of the links */
export function slotUse(rows: readonly Settings[], slot: number): SlotUse {
  const uses = (field: 'pki' | 'ca', modes: readonly string[]) =>
    rows.some((row) => modes.includes(asText(row.auth)) && Number(asText(row[field])) === slot);
  return { ca: uses('ca', ['2', '3']), key: uses('pki', ['1', '3']) };
}

/**
 * Returns what a deployed `tls-config` node of Node-RED holds, for a slot of the device. Host name, ALPN and
 * *verify server certificate* of that node do not apply: the firmware has no such settings.
 * @throws EspAtError `CERTIFICATE_INVALID`
 */
export function tlsCertificates(
  RED: NodeAPI,
  id: string,
  slot: number,
  use: SlotUse,
): CertificateOptions {
  const node: unknown = RED.nodes.getNode(id);
  if (!isTlsConfig(node)) throw unusable(slot, 'CONFIG_MISSING');
  if (!node.valid) throw unusable(slot, 'FILES_UNREADABLE');
  return usableCertificates(slot, node.addTLSOptions({}), use);
}

/** Returns TLS material as texts for a slot. @throws EspAtError `CERTIFICATE_INVALID` where a link lacks something */
export function usableCertificates(
  slot: number,
  material: TlsMaterial,
  use: SlotUse,
): CertificateOptions {
  const given = certificatesOf(slot, material);
  const { ca, certificate, key } = given;
  if (ca + certificate + key === '') throw unusable(slot, 'HOLDS_NOTHING');
  if (use.ca && ca === '') throw unusable(slot, 'HOLDS_NO_CA');
  const isHalf = (certificate === '') !== (key === '');
  if (isHalf || (use.key && key === '')) throw unusable(slot, 'HOLDS_NO_KEY');
  return given;
}

export function unusable(slot: number, reason: FlowReason): EspAtError {
  return new EspAtError('CERTIFICATE_INVALID', { material: 'tlsConfig', index: slot, reason });
}

/** The part of Node-RED's node `tls-config` that is used here. */
interface TlsConfigNode {
  readonly valid: boolean;
  addTLSOptions(options: object): TlsMaterial;
}

function isTlsConfig(node: unknown): node is TlsConfigNode {
  return (
    typeof node === 'object' &&
    node !== null &&
    'valid' in node &&
    'addTLSOptions' in node &&
    typeof node.addTLSOptions === 'function'
  );
}
