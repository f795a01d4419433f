import type { Run } from '../at/command';
import { SYSMFG_PIECE_BYTES, type CertificateStore } from '../commands/sysmfg';
import { EspAtError } from '../errors';
import { outdatedCertificates, readPiece } from '../provisioning/certificates';
import type { Examination } from './examination';

/** Slots to examine: those that the nodes' dialogs offer. */
const SLOTS = [0, 1] as const;
/** Most characters of a chain of certificates. */
const MAX_CHAIN_LENGTH = 16_384;

type Readable = Exclude<CertificateStore, 'wss_key'>;

/** Finds the slots that hold a certificate, and certificates outside their validity period. Never reads keys. */
export async function examineCertificates(examination: Examination): Promise<void> {
  const held: string[] = [];
  for (const store of ['wss_ca', 'wss_cert'] as const)
    for (const slot of SLOTS) {
      const pem = await contents(examination.access.run, store, slot);
      if (pem === '') continue;
      held.push(`${store}.${slot}`);
      examineDates(examination, store, slot, pem);
    }
  examination.facts.certificates = held;
}

/** Reads the text of a slot, as far as the device shows it. */
async function contents(run: Run, store: Readable, slot: number): Promise<string> {
  let text = '';
  while (text.length < MAX_CHAIN_LENGTH) {
    const piece = await readPiece(run, store, slot, text.length, SYSMFG_PIECE_BYTES);
    text += piece ?? '';
    if (piece?.length !== SYSMFG_PIECE_BYTES) break;
  }
  return text.replace(/\0+$/, '');
}

function examineDates(examination: Examination, store: Readable, slot: number, pem: string): void {
  const [ca, certificate] = store === 'wss_ca' ? [pem, ''] : ['', pem];
  try {
    const outdated = outdatedCertificates([{ slot, ca, certificate, key: '' }], examination.date);
    for (const { code, details } of outdated) examination.addFinding(code, details);
  } catch (error) {
    if (!(error instanceof EspAtError)) throw error;
    // Ignores an unreadable text: another program may have stored it, or the device shows a part of it.
  }
}
