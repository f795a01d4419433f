import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { Reason } from '../error-reasons';

/** Why a PEM text is unusable, as details of an error. */
export interface PemFlaw {
  readonly reason: Reason;
  readonly [name: string]: string | number;
}

/** A PEM text, or a PKCS #12 file, is unusable. */
export class PemError extends Error {
  override readonly name = 'PemError';
  readonly flaw: PemFlaw;

  constructor(flaw: PemFlaw, cause?: unknown) {
    super(flaw.reason, { cause });
    this.flaw = flaw;
  }
}

/** Most characters of a PEM text: many times the size of the firmware's stores. */
const MAX_PEM_LENGTH = 65_536;
/** Most bytes of a value of `AT+SYSMFG`, without the final NUL. */
const MAX_STORED_BYTES = 8191;
/** The header of an encrypted key in OpenSSL's older format. */
export const ENCRYPTED_HEADER = /^Proc-Type: 4,ENCRYPTED/m;
/** A complete block. */
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([^-]+)-----END \1-----/g;
/** The first line of a block. */
const BEGIN = /^[ \t]*-----BEGIN ([A-Z0-9 ]+)-----/gm;
const CERTIFICATE_LABEL = /^CERTIFICATE$/;
const KEY_LABEL = /PRIVATE KEY$/;
/** Key types that TLS in the firmware supports. */
const USABLE_KEYS = ['rsa', 'ec'];

/**
 * Returns the certificates of a PEM text, one or several, without other text, and with LF line ends.
 * @throws PemError
 */
export function readCertificates(text: string): {
  readonly pem: string;
  readonly all: X509Certificate[];
} {
  const found = blocks(text, 'CERTIFICATE', CERTIFICATE_LABEL);
  const all = found.map((block) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw new PemError({ reason: 'DAMAGED' }, error);
    }
  });
  return { pem: storable(found.join('')), all };
}

/** A key in a recording, which masks it. */
const MASKED_KEY = /^-----BEGIN [A-Z0-9 ]+-----[*\s]+-----END/;

/**
 * Returns the private key of a PEM text; `key` is undefined for a masked one, so that a recording replays.
 * @throws PemError, which never shows the key
 */
export function readKey(text: string): {
  readonly pem: string;
  readonly key: KeyObject | undefined;
} {
  if (ENCRYPTED_HEADER.test(text)) throw new PemError({ reason: 'ENCRYPTED_KEY' });
  const [pem = '', another] = blocks(text, 'PRIVATE KEY', KEY_LABEL).map(storable);
  if (another !== undefined) throw new PemError({ reason: 'SEVERAL_KEYS' });
  if (pem.includes('ENCRYPTED')) throw new PemError({ reason: 'ENCRYPTED_KEY' });
  if (MASKED_KEY.test(pem)) return { pem, key: undefined };
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new PemError({ reason: 'DAMAGED' });
  }
  if (!USABLE_KEYS.includes(key.asymmetricKeyType ?? '')) {
    throw new PemError({ reason: 'KEY_TYPE', type: key.asymmetricKeyType ?? 'unknown' });
  }
  return { pem, key };
}

/**
 * Returns the wanted blocks of a text, one or several.
 * @param missing what the user should give
 * @throws PemError where no wanted block is there, or one is incomplete
 */
function blocks(text: string, missing: string, wanted: RegExp): string[] {
  const { length } = text;
  if (length > MAX_PEM_LENGTH)
    throw new PemError({ reason: 'TOO_MANY_BYTES', length, max: MAX_PEM_LENGTH });
  const found = [...text.matchAll(BLOCK)].filter(([, label = '']) => wanted.test(label));
  const rest = text.replace(BLOCK, '');
  const incomplete = labelsOf(rest).find((label) => wanted.test(label));
  if (incomplete !== undefined) throw new PemError(incompleteBlock(rest, incomplete));
  if (found.length === 0) throw new PemError(missingBlock(text, missing));
  return found.map(([block]) => `${block.replace(/[ \t]*\r?\n[ \t]*/g, '\n')}\n`);
}

function labelsOf(text: string): string[] {
  return [...text.matchAll(BEGIN)].map(([, label = '']) => label);
}

/** @throws PemError for a text that no slot of the device can hold */
function storable(pem: string): string {
  const { length } = pem;
  if (length > MAX_STORED_BYTES)
    throw new PemError({ reason: 'TOO_MANY_BYTES', length, max: MAX_STORED_BYTES });
  return pem;
}

/** Returns the flaw of a text without a wanted block. */
function missingBlock(text: string, missing: string): PemFlaw {
  const [label] = labelsOf(text);
  if (label === undefined) return { reason: 'NOT_PEM', label: missing };
  return text.includes(endOf(label))
    ? { reason: 'OTHER_PEM', label }
    : { reason: 'CUT_OFF', label };
}

function incompleteBlock(text: string, label: string): PemFlaw {
  return text.includes(endOf(label)) ? { reason: 'DAMAGED' } : { reason: 'CUT_OFF', label };
}

function endOf(label: string): string {
  return `-----END ${label}-----`;
}

/**
 * Checks that an encrypted key is complete: for an incomplete one OpenSSL fails as for a wrong passphrase.
 * @throws PemError
 */
export function checkEncryptedKey(text: string): void {
  const label = labelsOf(text).find((each) => each.endsWith('PRIVATE KEY'));
  if (label === undefined) return;
  const [, rest = ''] = text.split(`-----BEGIN ${label}-----`);
  const [body = '', end] = rest.split(endOf(label));
  if (end === undefined) throw new PemError({ reason: 'CUT_OFF', label });
  const base64 = body.replace(/^\s*Proc-Type:[^]*?\n\s*\n/, '').replace(/\s/g, '');
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+=*$/.test(base64))
    throw new PemError({ reason: 'DAMAGED' });
}
