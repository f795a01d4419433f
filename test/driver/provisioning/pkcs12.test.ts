import assert from 'node:assert/strict';
import {
  createCipheriv,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto';
import { describe, it } from 'node:test';
import { pkcs12Key } from '../../../driver/provisioning/password-cipher';
import { PemError } from '../../../driver/provisioning/pem';
import { readPkcs12 } from '../../../driver/provisioning/pkcs12';
import { pfxFile, PFX_PASSPHRASE } from '../../harness/network/pfx-file';

const names = (pem: string) =>
  (pem.match(/-----BEGIN[^]+?-----END CERTIFICATE-----/g) ?? []).map(
    (one) => new X509Certificate(one).subject,
  );

/** The reason why a file cannot be read. */
function flaw(file: Buffer, passphrase: string): string {
  try {
    readPkcs12(file, passphrase);
  } catch (error) {
    assert.ok(error instanceof PemError);
    return error.flaw.reason;
  }
  return 'none';
}

/** DER of a value. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(contents);
  const length = Buffer.from([0x82, bytes.length >> 8, bytes.length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), length, bytes]);
}

/** A file without a MAC, whose only content is a key in Triple DES. @param password encoded as some program does */
function tripleDesFile(key: KeyObject, password: Buffer): Buffer {
  const salt = Buffer.from('saltsalt');
  const derive = (purpose: number, length: number) =>
    pkcs12Key({ hash: 'sha1', purpose, length, password, salt, rounds: 5 });
  const cipher = createCipheriv('des-ede3-cbc', derive(1, 24), derive(2, 8));
  const plain = key.export({ format: 'der', type: 'pkcs8' });
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  const id = (hex: string) => der(6, Buffer.from(hex, 'hex'));
  const data = (bytes: Buffer) => der(0x30, id('2a864886f70d010701'), der(0xa0, der(4, bytes)));
  const parameters = der(0x30, der(4, salt), der(2, Buffer.from([5])));
  const algorithm = der(0x30, id('2a864886f70d010c0103'), parameters);
  const bagValue = der(0xa0, der(0x30, algorithm, der(4, encrypted)));
  const bag = der(0x30, id('2a864886f70d010c0a0102'), bagValue);
  return der(0x30, der(2, Buffer.from([3])), data(der(0x30, data(der(0x30, bag)))));
}

describe('readPkcs12()', () => {
  it('Triple DES with an absent passphrase: read in both of its encodings, in any file', () => {
    for (let run = 0; run < 300; run++) {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      for (const password of [Buffer.from([0, 0]), Buffer.alloc(0)]) {
        const { key } = readPkcs12(tripleDesFile(privateKey, password), '');
        assert.equal(key, privateKey.export({ format: 'pem', type: 'pkcs8' }));
      }
    }
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const other = tripleDesFile(privateKey, Buffer.from('\0x\0\0'));
    assert.equal(flaw(other, ''), 'PASSPHRASE_MISSING');
  });

  for (const [name, passphrase] of [
    ['aes', PFX_PASSPHRASE],
    ['aes-without-mac', PFX_PASSPHRASE],
    ['triple-des', PFX_PASSPHRASE],
    ['empty-passphrase', ''],
    ['plain', ''],
  ] as const) {
    it(`${name}: gives the key, its certificate with the chain, and the root`, () => {
      const { ca, certificate, key } = readPkcs12(pfxFile(name), passphrase);
      assert.deepEqual(names(ca), ['CN=Root CA']);
      assert.deepEqual(names(certificate), ['CN=board', 'CN=Middle CA']);
      assert.match(key, /^-----BEGIN PRIVATE KEY-----\n/);
      assert.ok(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)));
    });
  }

  it('a file with a CA alone: gives it', () => {
    const contents = readPkcs12(pfxFile('ca-only'), PFX_PASSPHRASE);
    assert.deepEqual(names(contents.ca), ['CN=Root CA']);
    assert.deepEqual([contents.certificate, contents.key], ['', '']);
  });

  it('a wrong or missing passphrase, or a cipher that Node.js lacks: named', () => {
    for (const name of ['aes', 'aes-without-mac', 'triple-des']) {
      assert.equal(flaw(pfxFile(name), 'another word'), 'PASSPHRASE_WRONG', name);
      assert.equal(flaw(pfxFile(name), ''), 'PASSPHRASE_MISSING', name);
    }
    assert.equal(flaw(pfxFile('rc2'), PFX_PASSPHRASE), 'CIPHER_NOT_SUPPORTED');
    assert.equal(flaw(pfxFile('rc2'), 'another word'), 'PASSPHRASE_WRONG');
  });

  it('a file cut off or altered anywhere: refused with a reason, or read whole', () => {
    const file = pfxFile('triple-des');
    for (let length = 0; length < file.length; length += 7) {
      const reason = flaw(file.subarray(0, length), PFX_PASSPHRASE);
      assert.equal(reason, 'DAMAGED', `${length} bytes`);
    }
    for (let at = 0; at < file.length; at += 29) {
      const altered = Buffer.from(file);
      altered[at] = (altered[at] ?? 0) ^ 0x21;
      assert.match(
        flaw(altered, PFX_PASSPHRASE),
        /^(DAMAGED|PASSPHRASE_WRONG|CIPHER_|none)/,
        `${at}`,
      );
    }
  });

  it('a file of several megabytes, or with millions of rounds: refused at once', () => {
    assert.equal(flaw(Buffer.alloc(4_000_000, 0x30), ''), 'TOO_MANY_BYTES');
    const file = pfxFile('triple-des');
    // MacData ends with the INTEGER of its rounds, 2048.
    const rounds = file.lastIndexOf(Buffer.from('02020800', 'hex'));
    assert.equal(rounds, file.length - 4);
    const slow = Buffer.concat([file.subarray(0, rounds), Buffer.from('02047fff', 'hex')]);
    assert.equal(flaw(slow, PFX_PASSPHRASE), 'DAMAGED');
  });
});
