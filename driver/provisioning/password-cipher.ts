import { createDecipheriv, createHash, createHmac, getCipherInfo, pbkdf2Sync } from 'node:crypto';
import { asn1, pkcs12, rc2, util, type md } from 'node-forge';
import { nameIn, octetsOf, part, partsOf, readAsn1, type Asn1 } from './asn1';
import { PemError } from './pem';

/** Most iterations of a file, all its derivations together: they block the process for some seconds. */
const MAX_ITERATIONS = 5_000_000;

/** Ciphers of PKCS #12 by the library's name, each with the bytes of its key. */
const OLD_CIPHERS: Readonly<Record<string, number>> = {
  'pbeWithSHAAnd3-KeyTripleDES-CBC': 24,
  'pbewithSHAAnd40BitRC2-CBC': 5,
};

type Decrypt = (bytes: Buffer) => Buffer;

interface Derivation {
  readonly hash: string;
  /** 1: a key. 2: an initialization vector. 3: a key of a MAC. */
  readonly purpose: number;
  /** Bytes of the result. */
  readonly length: number;
  readonly salt: Asn1;
  readonly iterations: Asn1 | undefined;
}

/** Checks and decrypts the parts of one PKCS #12 file by its passphrase. */
export class PasswordCipher {
  /** Forms of the passphrase: programs encode an absent one in two ways, as an empty text and as no bytes. */
  readonly #passwords: readonly (string | null)[];
  #iterations = 0;

  constructor(passphrase: string) {
    this.#passwords = passphrase === '' ? ['', null] : [passphrase];
  }

  /**
   * Checks the MAC, as damaged certificates and keys may still parse. Skips a MAC with an unknown hash.
   * @throws PemError `PASSPHRASE_WRONG`, `TOO_MANY_ITERATIONS`, `DAMAGED`
   */
  checkMac(mac: Asn1, data: Buffer): void {
    const digest = part(mac, 0);
    const hash = nameIn(part(digest, 0));
    if (!/^sha\d+$/.test(hash)) return;
    const stored = octetsOf(part(digest, 1));
    const [salt, iterations] = [part(mac, 1), partsOf(mac)[2]];
    const { length } = createHash(hash).digest();
    const isRight = this.#passwords.some((password) => {
      const key = this.#derived(password, { hash, purpose: 3, length, salt, iterations });
      return createHmac(hash, key).update(data).digest().equals(stored);
    });
    if (!isRight) throw new PemError({ reason: 'PASSPHRASE_WRONG' });
  }

  /**
   * Decrypts a SEQUENCE.
   * @param algorithm AlgorithmIdentifier: PBES2 (RFC 8018), or PKCS #12 with Triple DES or RC2
   * @throws PemError `CIPHER_NOT_SUPPORTED`, `TOO_MANY_ITERATIONS`, `DAMAGED`; `PASSPHRASE_WRONG` where the result is no SEQUENCE
   */
  decrypt(algorithm: Asn1, bytes: Buffer): Buffer {
    for (const password of this.#passwords) {
      const decrypt = this.#decryptOf(algorithm, password);
      try {
        const plain = decrypt(bytes);
        if (readAsn1(plain).type === asn1.Type.SEQUENCE) return plain;
      } catch {
        // The passphrase is wrong, or absent in the other form.
      }
    }
    throw new PemError({ reason: 'PASSPHRASE_WRONG' });
  }

  #decryptOf(algorithm: Asn1, password: string | null): Decrypt {
    const name = nameIn(algorithm);
    const parameters = part(algorithm, 1);
    if (name === 'pkcs5PBES2') return this.#pbes2(parameters, password ?? '');
    const length = OLD_CIPHERS[name];
    if (length === undefined) throw notSupported(name);
    const [salt, iterations] = [part(parameters, 0), part(parameters, 1)];
    const derivation = { hash: 'sha1', salt, iterations };
    const key = this.#derived(password, { ...derivation, purpose: 1, length });
    const iv = this.#derived(password, { ...derivation, purpose: 2, length: 8 });
    return length === 5 ? rc2Decrypt(key, iv) : nodeDecrypt('des-ede3-cbc', key, iv);
  }

  #pbes2(parameters: Asn1, password: string): Decrypt {
    const [derivation, encryption] = [part(parameters, 0), part(parameters, 1)];
    if (nameIn(derivation) !== 'pkcs5PBKDF2') throw notSupported(nameIn(derivation));
    const [salt, iterations, ...others] = partsOf(part(derivation, 1));
    if (!salt) throw new PemError({ reason: 'DAMAGED' });
    // The length of the key, which is optional, comes before the function, which is optional too.
    const prf = others.find((value) => partsOf(value).length > 0);
    const [hmac, cipher] = [prf ? nameIn(prf) : 'hmacWithSHA1', nameIn(encryption)];
    if (!hmac.startsWith('hmacWith')) throw notSupported(hmac);
    // The library's names, such as aes256-CBC, differ from those of Node.js by the hyphen.
    const info =
      cipher.endsWith('-CBC') && getCipherInfo(cipher.replace('aes', 'aes-').toLowerCase());
    if (!info) throw notSupported(cipher);
    const rounds = this.#count(iterations);
    const hash = hmac.replace('hmacWith', '');
    const key = pbkdf2Sync(password, octetsOf(salt), rounds, info.keyLength, hash);
    return nodeDecrypt(info.name, key, octetsOf(part(encryption, 1)));
  }

  /** Derives a key as RFC 7292, appendix B.2, says. */
  #derived(
    password: string | null,
    { hash, purpose, length, salt, iterations }: Derivation,
  ): Buffer {
    const bytes = util.createBuffer(octetsOf(salt).toString('latin1'));
    const rounds = this.#count(iterations);
    const key = pkcs12.generateKey(password, bytes, purpose, rounds, length, digestOf(hash));
    return Buffer.from(key.getBytes(), 'latin1');
  }

  /** Returns the number in an INTEGER, 1 by default, and counts it. @throws PemError `DAMAGED`, `TOO_MANY_ITERATIONS` */
  #count(integer: Asn1 | undefined): number {
    const iterations = integer ? Number(`0x0${octetsOf(integer).toString('hex')}`) : 1;
    if (iterations < 1) throw new PemError({ reason: 'DAMAGED' });
    this.#iterations += iterations;
    if (this.#iterations > MAX_ITERATIONS)
      throw new PemError({ reason: 'TOO_MANY_ITERATIONS', max: MAX_ITERATIONS });
    return iterations;
  }
}

const notSupported = (cipher: string) => new PemError({ reason: 'CIPHER_NOT_SUPPORTED', cipher });

function nodeDecrypt(cipher: string, key: Buffer, iv: Buffer): Decrypt {
  const decipher = createDecipheriv(cipher, key, iv);
  return (bytes) => Buffer.concat([decipher.update(bytes), decipher.final()]);
}

/** Node.js has no RC2. */
function rc2Decrypt(key: Buffer, iv: Buffer): Decrypt {
  return (bytes) => {
    const cipher = rc2.createDecryptionCipher(key.toString('latin1'), 40);
    cipher.start(iv.toString('latin1'));
    cipher.update(util.createBuffer(bytes.toString('latin1')));
    cipher.finish();
    return Buffer.from(cipher.output.getBytes(), 'latin1');
  };
}

/** A hash of Node.js for the library, whose own are slower, and do not include SHA-224. */
function digestOf(name: string): md.MessageDigest {
  let hash = createHash(name);
  const digest = {
    blockLength: name === 'sha384' || name === 'sha512' ? 128 : 64,
    digestLength: createHash(name).digest().length,
    start: () => void (hash = createHash(name)),
    update: (bytes: string) => void hash.update(bytes, 'latin1'),
    digest: () => util.createBuffer(hash.digest('binary')),
  };
  return digest as unknown as md.MessageDigest;
}
