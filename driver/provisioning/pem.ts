import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';

/** Kinds of keys that TLS in the firmware can use. */
const usableKeys = ['rsa', 'ec'];

/**
 * The certificates of a PEM text, one or several, with nothing between them and LF as line end.
 * @throws Error in words for the user
 */
export function readCertificates(text: string): {
  readonly pem: string;
  readonly all: X509Certificate[];
} {
  const found = blocks(text, /^CERTIFICATE$/);
  if (found.length === 0) throw new Error(instead(text, 'certificate'));
  const all = found.map((block) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw new Error('it is damaged', { cause: error });
    }
  });
  return { pem: found.join(''), all };
}

/**
 * The private key of a PEM text.
 * @throws Error in words for the user; never with anything of the key
 */
export function readKey(text: string): { readonly pem: string; readonly key: KeyObject } {
  const [pem, another] = blocks(text, /PRIVATE KEY$/);
  if (pem === undefined) throw new Error(instead(text, 'private key'));
  if (another !== undefined) throw new Error('it holds several keys');
  if (pem.includes('ENCRYPTED'))
    throw new Error('it is encrypted, and the device cannot be given a password');
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error('it is damaged');
  }
  if (!usableKeys.includes(key.asymmetricKeyType ?? '')) {
    throw new Error(
      `keys of the kind ${key.asymmetricKeyType ?? 'unknown'} do not work with the device`,
    );
  }
  return { pem, key };
}

function blocks(text: string, label: RegExp): string[] {
  const found = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]+)-----END \1-----/g);
  return [...found]
    .filter(([, name = '']) => label.test(name))
    .map(([block]) => `${block.replace(/[ \t]*\r?\n[ \t]*/g, '\n')}\n`);
}

function instead(text: string, wanted: string): string {
  const [, label] = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(text) ?? [];
  if (label === undefined) {
    return `it is no PEM text: -----BEGIN ${wanted.toUpperCase()}----- is missing`;
  }
  if (!text.includes(`-----END ${label}-----`))
    return `it is cut off: -----END ${label}----- is missing`;
  return `it is no ${wanted} but: ${label.toLowerCase()}`;
}
