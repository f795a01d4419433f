import { createCipheriv, type KeyObject, pbkdf2Sync } from 'node:crypto';
import { asn1, pkcs12, util } from 'node-forge';

/** DER of a value. */
export function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(contents);
  const length = Buffer.from([0x82, bytes.length >> 8, bytes.length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), length, bytes]);
}

export const id = (oid: string): Buffer =>
  der(6, Buffer.from(asn1.oidToDer(oid).getBytes(), 'latin1'));
const int = (value: number) =>
  der(2, Buffer.from([0, value >> 16, (value >> 8) & 0xff, value & 0xff]));
const data = (bytes: Buffer) => der(0x30, id('1.2.840.113549.1.7.1'), der(0xa0, der(4, bytes)));
export const bag = (type: number, value: Buffer): Buffer =>
  der(0x30, id(`1.2.840.113549.1.12.10.1.${type}`), der(0xa0, value));

/** A file without a MAC. */
export const fileOf = (...bags: readonly Buffer[]): Buffer =>
  der(0x30, int(3), data(der(0x30, data(der(0x30, ...bags)))));

/** A file whose only content is an encrypted key. */
const encryptedKeyFile = (algorithm: Buffer, encrypted: Buffer) =>
  fileOf(bag(2, der(0x30, algorithm, der(4, encrypted))));

function encryptedKey(cipherName: string, key: Buffer, iv: Buffer, plain: KeyObject): Buffer {
  const cipher = createCipheriv(cipherName, key, iv);
  return Buffer.concat([
    cipher.update(plain.export({ format: 'der', type: 'pkcs8' })),
    cipher.final(),
  ]);
}

/** A key in Triple DES. @param password null: encoded as no bytes, as some programs do */
export function tripleDesFile(key: KeyObject, password: string | null, rounds = 5): Buffer {
  const derive = (purpose: number, length: number) => {
    const derived = pkcs12.generateKey(password, util.createBuffer('saltsalt'), purpose, 5, length);
    return Buffer.from(derived.getBytes(), 'latin1');
  };
  const parameters = der(0x30, der(4, Buffer.from('saltsalt')), int(rounds));
  const algorithm = der(0x30, id('1.2.840.113549.1.12.1.3'), parameters);
  return encryptedKeyFile(
    algorithm,
    encryptedKey('des-ede3-cbc', derive(1, 24), derive(2, 8), key),
  );
}

/** A key in PBES2 with AES-256-CBC and the passphrase "x". */
export function pbes2File(
  key: KeyObject,
  {
    prf = '1.2.840.113549.2.8',
    cipher = '2.16.840.1.101.3.4.1.42',
    rounds = 5,
    salt = der(4, Buffer.from('saltsalt')),
  },
): Buffer {
  const iv = Buffer.alloc(16, 7);
  const derivation = der(0x30, salt, int(rounds), der(0x30, id(prf), der(5)));
  const algorithm = der(
    0x30,
    id('1.2.840.113549.1.5.13'),
    der(
      0x30,
      der(0x30, id('1.2.840.113549.1.5.12'), derivation),
      der(0x30, id(cipher), der(4, iv)),
    ),
  );
  const derived = pbkdf2Sync('x', 'saltsalt', 5, 32, 'sha224');
  return encryptedKeyFile(algorithm, encryptedKey('aes-256-cbc', derived, iv, key));
}
