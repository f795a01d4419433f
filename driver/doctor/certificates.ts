import {
  parseSysmfg,
  SYSMFG_PIECE_BYTES,
  sysmfgRead,
  type CertificateStore,
} from '../commands/sysmfg';
import { EspAtError } from '../errors';
import { outdatedCertificates } from '../provisioning/certificates';
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
      const pem = await contents(examination, store, slot);
      if (pem === '') continue;
      held.push(`${store}.${slot}`);
      examineDates(examination, store, slot, pem);
    }
  examination.facts.certificates = held;
}

/** Reads the text of a slot, as far as the device shows it. */
async function contents(examination: Examination, store: Readable, slot: number): Promise<string> {
  let text = '';
  while (text.length < MAX_CHAIN_LENGTH) {
    const piece = await read(examination, store, slot, text.length);
    text += piece;
    if (piece.length < SYSMFG_PIECE_BYTES) break;
  }
  return text.replace(/\0+$/, '');
}

async function read(
  examination: Examination,
  store: Readable,
  slot: number,
  offset: number,
): Promise<string> {
  try {
    const response = await examination.ask(sysmfgRead(store, slot, offset, SYSMFG_PIECE_BYTES));
    return (response && parseSysmfg(response)) ?? '';
  } catch (error) {
    // After three attempts: a text that another program has stored may break every response that shows it. The step
    // `wiring` finds a noisy port.
    if (error instanceof EspAtError && error.code === 'OUT_OF_SYNC') return '';
    throw error;
  }
}

function examineDates(examination: Examination, store: Readable, slot: number, pem: string): void {
  const [ca, certificate] = store === 'wss_ca' ? [pem, ''] : ['', pem];
  try {
    const outdated = outdatedCertificates([{ slot, ca, certificate, key: '' }], examination.date);
    for (const { code, details } of outdated) examination.found(code, details);
  } catch (error) {
    if (!(error instanceof EspAtError)) throw error;
    // Ignores an unreadable text: another program may have stored it, or the device shows a part of it.
  }
}
