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
  const found = blocks(text, CERTIFICATE_LABEL);
  if (found.length === 0) throw new PemError(missingBlock(text, 'CERTIFICATE', CERTIFICATE_LABEL));
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
  const [pem, another] = blocks(text, KEY_LABEL).map(storable);
  if (ENCRYPTED_HEADER.test(text)) throw new PemError({ reason: 'ENCRYPTED_KEY' });
  if (pem === undefined) throw new PemError(missingBlock(text, 'PRIVATE KEY', KEY_LABEL));
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

function blocks(text: string, label: RegExp): string[] {
  const { length } = text;
  if (length > MAX_PEM_LENGTH)
    throw new PemError({ reason: 'TOO_MANY_BYTES', length, max: MAX_PEM_LENGTH });
  const found = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]+)-----END \1-----/g);
  return [...found]
    .filter(([, name = '']) => label.test(name))
    .map(([block]) => `${block.replace(/[ \t]*\r?\n[ \t]*/g, '\n')}\n`);
}

/** @throws PemError for a text that no slot of the device can hold */
function storable(pem: string): string {
  const { length } = pem;
  if (length > MAX_STORED_BYTES)
    throw new PemError({ reason: 'TOO_MANY_BYTES', length, max: MAX_STORED_BYTES });
  return pem;
}

/** Returns the flaw of a text in which {@link blocks} finds no block. @param missing what the user should give */
function missingBlock(text: string, missing: string, wanted: RegExp): PemFlaw {
  const [, label] = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(text) ?? [];
  if (label === undefined) return { reason: 'NOT_PEM', label: missing };
  if (!text.includes(`-----END ${label}-----`)) return { reason: 'CUT_OFF', label };
  return wanted.test(label) ? { reason: 'DAMAGED' } : { reason: 'OTHER_PEM', label };
}
