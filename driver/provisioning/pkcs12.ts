import { createHmac, createPrivateKey, timingSafeEqual, X509Certificate } from 'node:crypto';
import { objectIdOf, octetsOf, part, readAsn1, type Asn1Value } from './asn1';
import { decrypt, passwordsOf, pkcs12Key, roundsOf } from './password-cipher';
import { PemError } from './pem';

/** Most bytes of a file. */
const MAX_BYTES = 65_536;

const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const KEY_BAG = '1.2.840.113549.1.12.10.1.1';
const ENCRYPTED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
const X509 = '1.2.840.113549.1.9.22.1';

/** Hashes of a MAC, each with its name in Node.js and its bytes. */
const MAC_HASHES: Readonly<Record<string, readonly [string, number]>> = {
  '1.3.14.3.2.26': ['sha1', 20],
  '2.16.840.1.101.3.4.2.4': ['sha224', 28],
  '2.16.840.1.101.3.4.2.1': ['sha256', 32],
  '2.16.840.1.101.3.4.2.2': ['sha384', 48],
  '2.16.840.1.101.3.4.2.3': ['sha512', 64],
};

/** Contents of a PKCS #12 file (.p12, .pfx) in PEM; an empty text where the file has none. */
export interface Pkcs12Contents {
  /** Self-signed certificates other than the client's. */
  readonly ca: string;
  /** The client's certificate, then those that lead to its CA. */
  readonly certificate: string;
  readonly key: string;
}

/**
 * Reads a PKCS #12 file (RFC 7292).
 * @throws PemError, which never shows the key: `PASSPHRASE_MISSING`, `PASSPHRASE_WRONG`, `CIPHER_NOT_SUPPORTED`,
 * `SEVERAL_KEYS`, `TOO_MANY_BYTES`, `DAMAGED`
 */
export function readPkcs12(file: Buffer, passphrase: string): Pkcs12Contents {
  const { length } = file;
  if (length > MAX_BYTES) throw new PemError({ reason: 'TOO_MANY_BYTES', length, max: MAX_BYTES });
  try {
    return pemOf(bagsOf(readAsn1(file), passphrase));
  } catch (error) {
    if (!(error instanceof PemError)) throw new PemError({ reason: 'DAMAGED' }, error);
    if (error.flaw.reason !== 'PASSPHRASE_WRONG' || passphrase !== '') throw error;
    throw new PemError({ reason: 'PASSPHRASE_MISSING' });
  }
}

interface Bags {
  readonly keys: Buffer[];
  readonly certificates: Buffer[];
}

function bagsOf(file: Asn1Value, passphrase: string): Bags {
  const safe = octetsOf(part(part(part(file, 1), 1), 0));
  const mac = file.values[2];
  if (mac) checkMac(mac, safe, passphrase);
  const bags: Bags = { keys: [], certificates: [] };
  for (const info of readAsn1(safe).values) {
    for (const bag of contentsOf(info, passphrase).values) collect(bag, passphrase, bags);
  }
  return bags;
}

/** Checks the MAC, which distinguishes a wrong passphrase from a damaged file. Skips a MAC with an unknown hash. */
function checkMac(mac: Asn1Value, safe: Buffer, passphrase: string): void {
  const digest = part(mac, 0);
  const hash = MAC_HASHES[objectIdOf(part(part(digest, 0), 0))];
  if (!hash) return;
  const [name, length] = hash;
  const salt = octetsOf(part(mac, 1));
  const rounds = mac.values[2] ? roundsOf(mac.values[2]) : 1;
  const isRight = passwordsOf(passphrase).some((password) => {
    const key = pkcs12Key({ hash: name, purpose: 3, length, password, salt, rounds });
    const computed = createHmac(name, key).update(safe).digest();
    const stored = octetsOf(part(digest, 1));
    return computed.length === stored.length && timingSafeEqual(computed, stored);
  });
  if (!isRight) throw new PemError({ reason: 'PASSPHRASE_WRONG' });
}

function contentsOf(info: Asn1Value, passphrase: string): Asn1Value {
  const content = part(part(info, 1), 0);
  switch (objectIdOf(part(info, 0))) {
    case DATA:
      return readAsn1(octetsOf(content));
    case ENCRYPTED_DATA: {
      const encrypted = part(content, 1);
      return readAsn1(decrypt(part(encrypted, 1), octetsOf(part(encrypted, 2)), passphrase));
    }
    default:
      throw new PemError({ reason: 'DAMAGED' });
  }
}

function collect(bag: Asn1Value, passphrase: string, { keys, certificates }: Bags): void {
  const value = part(part(bag, 1), 0);
  switch (objectIdOf(part(bag, 0))) {
    case KEY_BAG:
      keys.push(part(bag, 1).contents);
      return;
    case ENCRYPTED_KEY_BAG:
      keys.push(decrypt(part(value, 0), octetsOf(part(value, 1)), passphrase));
      return;
    case CERTIFICATE_BAG:
      if (objectIdOf(part(value, 0)) === X509) certificates.push(octetsOf(part(part(value, 1), 0)));
  }
}

function pemOf({ keys, certificates }: Bags): Pkcs12Contents {
  const [keyBytes, another] = keys;
  if (another) throw new PemError({ reason: 'SEVERAL_KEYS' });
  const all = certificates.map((bytes) => new X509Certificate(bytes));
  const key = keyBytes && createPrivateKey({ key: keyBytes, format: 'der', type: 'pkcs8' });
  const own = key && all.find((one) => one.checkPrivateKey(key));
  const others = all.filter((one) => one !== own);
  const isRoot = (one: X509Certificate) => one.checkIssued(one);
  const pem = (some: readonly X509Certificate[]) => some.map((one) => one.toString()).join('');
  return {
    ca: pem(others.filter(isRoot)),
    certificate: own ? pem([own, ...others.filter((one) => !isRoot(one))]) : '',
    key: key ? String(key.export({ format: 'pem', type: 'pkcs8' })) : '',
  };
}
