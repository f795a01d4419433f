import { createPrivateKey, X509Certificate } from 'node:crypto';
import { derOf, nameIn, octetsOf, part, partsOf, readAsn1, type Asn1 } from './asn1';
import { PasswordCipher } from './password-cipher';
import { PemError } from './pem';

/** Most bytes of a file. */
const MAX_BYTES = 65_536;

/** Contents of a PKCS #12 file (.p12, .pfx) in PEM; an empty text where the file has none. */
export interface Pkcs12Contents {
  /** Self-signed certificates other than the client's; all certificates where none is the client's. */
  readonly ca: string;
  /** The client's certificate, then all others that are not self-signed, in the order of the file. */
  readonly certificate: string;
  readonly key: string;
}

/**
 * Reads a PKCS #12 file (RFC 7292).
 * @throws PemError, which never shows the key: `PASSPHRASE_MISSING`, `PASSPHRASE_WRONG`, `CIPHER_NOT_SUPPORTED`,
 * `TOO_MANY_ITERATIONS`, `SEVERAL_KEYS`, `TOO_MANY_BYTES`, `DAMAGED`
 */
export function readPkcs12(file: Buffer, passphrase: string): Pkcs12Contents {
  const { length } = file;
  if (length > MAX_BYTES) throw new PemError({ reason: 'TOO_MANY_BYTES', length, max: MAX_BYTES });
  try {
    return pemOf(bagsOf(readAsn1(file), new PasswordCipher(passphrase)));
  } catch (error) {
    if (!(error instanceof PemError)) throw new PemError({ reason: 'DAMAGED' }, error);
    if (error.flaw.reason !== 'PASSPHRASE_WRONG' || passphrase !== '') throw error;
    throw new PemError({ reason: 'PASSPHRASE_MISSING' });
  }
}

interface Bags {
  /** PKCS #8, in DER. */
  readonly keys: Buffer[];
  /** X.509, in DER. */
  readonly certificates: Buffer[];
}

function bagsOf(file: Asn1, cipher: PasswordCipher): Bags {
  const safe = octetsOf(part(file, 1, 1, 0));
  const mac = partsOf(file)[2];
  if (mac) cipher.checkMac(mac, safe);
  const bags: Bags = { keys: [], certificates: [] };
  for (const info of partsOf(readAsn1(safe)))
    for (const bag of partsOf(readAsn1(contentsOf(info, cipher)))) collect(bag, cipher, bags);
  return bags;
}

function contentsOf(info: Asn1, cipher: PasswordCipher): Buffer {
  const content = part(info, 1, 0);
  switch (nameIn(info)) {
    case 'data':
      return octetsOf(content);
    case 'encryptedData':
      return cipher.decrypt(part(content, 1, 1), octetsOf(part(content, 1, 2)));
    default:
      throw new PemError({ reason: 'DAMAGED' });
  }
}

/** Adds what a bag holds; other bags, such as those of revocation lists and of secrets, add nothing. */
function collect(bag: Asn1, cipher: PasswordCipher, { keys, certificates }: Bags): void {
  const value = part(bag, 1, 0);
  switch (nameIn(bag)) {
    case 'keyBag':
      keys.push(derOf(value));
      return;
    case 'pkcs8ShroudedKeyBag':
      keys.push(cipher.decrypt(part(value, 0), octetsOf(part(value, 1))));
      return;
    case 'certBag':
      if (nameIn(value) === 'x509Certificate') certificates.push(octetsOf(part(value, 1, 0)));
  }
}

function pemOf({ keys, certificates }: Bags): Pkcs12Contents {
  const [keyBytes, another] = keys;
  if (another) throw new PemError({ reason: 'SEVERAL_KEYS' });
  const key = keyBytes && createPrivateKey({ key: keyBytes, format: 'der', type: 'pkcs8' });
  const all = certificates.map((bytes) => new X509Certificate(bytes));
  const own = key && all.find((one) => one.checkPrivateKey(key));
  const others = all.filter((one) => one !== own);
  const isRoot = (one: X509Certificate) => one.checkIssued(one);
  const pem = (some: readonly X509Certificate[]) => some.map((one) => one.toString()).join('');
  return {
    ca: pem(own ? others.filter(isRoot) : others),
    certificate: own ? pem([own, ...others.filter((one) => !isRoot(one))]) : '',
    key: key ? String(key.export({ format: 'pem', type: 'pkcs8' })) : '',
  };
}
