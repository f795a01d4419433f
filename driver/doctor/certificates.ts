import { tryRun, type Run } from '../at/command';
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

/**
 * Finds the slots that hold a certificate, and certificates outside their validity period. Never reads keys. Tells no slots
 * where a response is lost or corrupt, or `isLate` has ended the step.
 */
export async function examineCertificates(
  examination: Examination,
  isLate: () => boolean,
): Promise<void> {
  const held: string[] = [];
  let hasReadAll = true;
  for (const store of ['wss_ca', 'wss_cert'] as const)
    for (const slot of SLOTS) {
      const pem = await contents(examination.access.run, store, slot, isLate);
      if (pem === undefined) hasReadAll = false;
      if (!pem) continue;
      held.push(`${store}.${slot}`);
      examineDates(examination, store, slot, pem);
    }
  if (hasReadAll) examination.facts.certificates = held;
}

/**
 * Reads the text of a slot, as far as the device shows it; returns undefined where it is late, or a response is lost or
 * corrupt. That is no noise: a text that another program has stored may break every response that shows it.
 */
async function contents(
  run: Run,
  store: Readable,
  slot: number,
  isLate: () => boolean,
): Promise<string | undefined> {
  try {
    return await readText(run, store, slot, isLate);
  } catch (error) {
    if (error instanceof EspAtError && error.code === 'OUT_OF_SYNC') return undefined;
    throw error;
  }
}

async function readText(
  run: Run,
  store: Readable,
  slot: number,
  isLate: () => boolean,
): Promise<string | undefined> {
  let text = '';
  while (text.length < MAX_CHAIN_LENGTH) {
    if (isLate()) return undefined;
    const response = await tryRun(run, sysmfgRead(store, slot, text.length, SYSMFG_PIECE_BYTES));
    if (!response) break;
    const piece = parseSysmfg(response);
    if (piece === undefined) return undefined;
    text += piece;
    if (piece.length < SYSMFG_PIECE_BYTES) break;
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
