import { createDecipheriv, createHash, pbkdf2Sync } from 'node:crypto';
import { integerOf, objectIdOf, octetsOf, part, readAsn1, type Asn1Value } from './asn1';
import { PemError } from './pem';

/** Most rounds of a file: more would block the process for seconds. */
const MAX_ROUNDS = 1_000_000;

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const PBE_3DES = '1.2.840.113549.1.12.1.3';
const SEQUENCE = 0x30;
const HMAC_SHA1 = '1.2.840.113549.2.7';

const HMACS: Readonly<Record<string, string>> = {
  [HMAC_SHA1]: 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

/** Ciphers of PBES2, each with its name in Node.js and the bytes of its key. */
const CIPHERS: Readonly<Record<string, readonly [string, number]>> = {
  '1.2.840.113549.3.7': ['des-ede3-cbc', 24],
  '2.16.840.1.101.3.4.1.2': ['aes-128-cbc', 16],
  '2.16.840.1.101.3.4.1.22': ['aes-192-cbc', 24],
  '2.16.840.1.101.3.4.1.42': ['aes-256-cbc', 32],
};

/** Ciphers of PKCS #12 files that Node.js does not decrypt. */
const OLD_CIPHERS: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.12.1.1': 'RC4',
  '1.2.840.113549.1.12.1.2': 'RC4',
  '1.2.840.113549.1.12.1.5': 'RC2',
  '1.2.840.113549.1.12.1.6': 'RC2',
};

interface KeyAndIv {
  readonly cipher: string;
  readonly key: Buffer;
  readonly iv: Buffer;
}

/**
 * Decrypts a SEQUENCE with a passphrase.
 * @param algorithm AlgorithmIdentifier: PBES2 (RFC 8018), or PKCS #12 with Triple DES
 * @throws PemError `CIPHER_NOT_SUPPORTED`; `PASSPHRASE_WRONG` where the result is no SEQUENCE; Asn1Error
 */
export function decrypt(algorithm: Asn1Value, bytes: Buffer, passphrase: string): Buffer {
  for (const keyAndIv of keysAndIvs(algorithm, passphrase)) {
    const plain = decrypted(keyAndIv, bytes);
    if (plain && isSequence(plain)) return plain;
  }
  throw new PemError({ reason: 'PASSPHRASE_WRONG' });
}

function decrypted({ cipher, key, iv }: KeyAndIv, bytes: Buffer): Buffer | undefined {
  const decipher = createDecipheriv(cipher, key, iv);
  try {
    return Buffer.concat([decipher.update(bytes), decipher.final()]);
  } catch {
    return undefined;
  }
}

function isSequence(bytes: Buffer): boolean {
  try {
    return readAsn1(bytes).tag === SEQUENCE;
  } catch {
    return false;
  }
}

/** Returns the number of rounds in an INTEGER. @throws PemError `DAMAGED` */
export function roundsOf(value: Asn1Value): number {
  const rounds = integerOf(value);
  if (rounds < 1 || rounds > MAX_ROUNDS) throw new PemError({ reason: 'DAMAGED' });
  return rounds;
}

function keysAndIvs(algorithm: Asn1Value, passphrase: string): readonly KeyAndIv[] {
  const name = objectIdOf(part(algorithm, 0));
  const parameters = part(algorithm, 1);
  if (name === PBES2) return [pbes2(parameters, passphrase)];
  if (name !== PBE_3DES) throw notSupported(OLD_CIPHERS[name] ?? name);
  const salt = octetsOf(part(parameters, 0));
  const rounds = roundsOf(part(parameters, 1));
  return passwordsOf(passphrase).map((password) => {
    const derive = (purpose: number, length: number) =>
      pkcs12Key({ hash: 'sha1', purpose, length, password, salt, rounds });
    return { cipher: 'des-ede3-cbc', key: derive(1, 24), iv: derive(2, 8) };
  });
}

function pbes2(parameters: Asn1Value, passphrase: string): KeyAndIv {
  const [derivation, encryption] = [part(parameters, 0), part(parameters, 1)];
  const derivationName = objectIdOf(part(derivation, 0));
  if (derivationName !== PBKDF2) throw notSupported(derivationName);
  const [salt, rounds, ...others] = part(derivation, 1).values;
  if (!salt || !rounds) throw new PemError({ reason: 'DAMAGED' });
  // The length of the key, which is optional, comes before the function, which is optional too.
  const functionId = others.find(({ values }) => values.length > 0);
  const hmacName = functionId ? objectIdOf(part(functionId, 0)) : HMAC_SHA1;
  const cipherName = objectIdOf(part(encryption, 0));
  const [hmac, cipher] = [HMACS[hmacName], CIPHERS[cipherName]];
  if (!hmac || !cipher) throw notSupported(hmac ? cipherName : hmacName);
  const [name, length] = cipher;
  const key = pbkdf2Sync(passphrase, octetsOf(salt), roundsOf(rounds), length, hmac);
  return { cipher: name, key, iv: octetsOf(part(encryption, 1)) };
}

const notSupported = (cipher: string) => new PemError({ reason: 'CIPHER_NOT_SUPPORTED', cipher });

/**
 * Returns a passphrase in the forms of PKCS #12: UTF-16 with a final zero. Programs encode an absent passphrase in two
 * ways.
 */
export function passwordsOf(passphrase: string): readonly Buffer[] {
  const password = Buffer.from(`${passphrase}\0`, 'utf16le').swap16();
  return passphrase === '' ? [password, Buffer.alloc(0)] : [password];
}

interface DerivationOptions {
  readonly hash: string;
  /** 1: a key. 2: an initialization vector. 3: a key of a MAC. */
  readonly purpose: number;
  /** Bytes of the result. */
  readonly length: number;
  readonly password: Buffer;
  readonly salt: Buffer;
  readonly rounds: number;
}

/** Derives a key as RFC 7292, appendix B.2, says. */
export function pkcs12Key(options: DerivationOptions): Buffer {
  const { hash, purpose, length, password, salt, rounds } = options;
  const block = ['sha384', 'sha512'].includes(hash) ? 128 : 64;
  const input = Buffer.concat([repeated(salt, block), repeated(password, block)]);
  const result: Buffer[] = [];
  for (let size = 0; size < length;) {
    let digest = createHash(hash).update(Buffer.alloc(block, purpose)).update(input).digest();
    for (let round = 1; round < rounds; round++) digest = createHash(hash).update(digest).digest();
    result.push(digest);
    size += digest.length;
    addToBlocks(input, Buffer.alloc(block, digest));
  }
  return Buffer.concat(result).subarray(0, length);
}

/** Repeats bytes up to a multiple of a block. */
function repeated(bytes: Buffer, block: number): Buffer {
  return Buffer.alloc(block * Math.ceil(bytes.length / block), bytes);
}

/** Adds `number` and 1 to each block, modulo the size of a block. */
function addToBlocks(blocks: Buffer, number: Buffer): void {
  for (let start = 0; start < blocks.length; start += number.length) {
    let carry = 1;
    for (let at = number.length - 1; at >= 0; at--) {
      const sum = (blocks[start + at] ?? 0) + (number[at] ?? 0) + carry;
      blocks[start + at] = sum & 0xff;
      carry = sum >> 8;
    }
  }
}
