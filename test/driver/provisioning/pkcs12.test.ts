import assert from 'node:assert/strict';
import {
  createCipheriv,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto';
import { describe, it } from 'node:test';
import { asn1, pkcs12, pki, util } from 'node-forge';
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

/** A file without a MAC, whose only content is a key in Triple DES. @param password null: encoded as no bytes, as some programs do */
function tripleDesFile(key: KeyObject, password: string | null, rounds = 5): Buffer {
  const salt = Buffer.from('saltsalt');
  const derive = (purpose: number, length: number) => {
    const derived = pkcs12.generateKey(password, util.createBuffer('saltsalt'), purpose, 5, length);
    return Buffer.from(derived.getBytes(), 'latin1');
  };
  const cipher = createCipheriv('des-ede3-cbc', derive(1, 24), derive(2, 8));
  const plain = key.export({ format: 'der', type: 'pkcs8' });
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  const id = (hex: string) => der(6, Buffer.from(hex, 'hex'));
  const data = (bytes: Buffer) => der(0x30, id('2a864886f70d010701'), der(0xa0, der(4, bytes)));
  const parameters = der(
    0x30,
    der(4, salt),
    der(2, Buffer.from([0, rounds >> 16, (rounds >> 8) & 0xff, rounds & 0xff])),
  );
  const algorithm = der(0x30, id('2a864886f70d010c0103'), parameters);
  const bagValue = der(0xa0, der(0x30, algorithm, der(4, encrypted)));
  const bag = der(0x30, id('2a864886f70d010c0a0102'), bagValue);
  return der(0x30, der(2, Buffer.from([3])), data(der(0x30, data(der(0x30, bag)))));
}

describe('readPkcs12()', () => {
  it('Triple DES with an absent passphrase: read in both of its encodings, in any file', () => {
    for (let run = 0; run < 300; run++) {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      for (const password of ['', null]) {
        const { key } = readPkcs12(tripleDesFile(privateKey, password), '');
        assert.equal(key, privateKey.export({ format: 'pem', type: 'pkcs8' }));
      }
    }
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const other = tripleDesFile(privateKey, 'x');
    assert.equal(flaw(other, ''), 'PASSPHRASE_MISSING');
  });

  for (const [name, passphrase] of [
    ['aes', PFX_PASSPHRASE],
    ['aes-without-mac', PFX_PASSPHRASE],
    ['triple-des', PFX_PASSPHRASE],
    ['rc2', PFX_PASSPHRASE],
    ['unicode', 'Schlüssel 密码'],
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

  it('a file in BER, of indefinite length and with its contents in pieces: read', () => {
    const file = asn1.fromDer(pfxFile('aes').toString('latin1'));
    const contents = (file.value[1] as asn1.Asn1).value[1] as asn1.Asn1;
    const [whole] = contents.value as asn1.Asn1[];
    const bytes = typeof whole?.value === 'string' ? whole.value : '';
    const pieces = [bytes.slice(0, 9), bytes.slice(9)];
    const make = (isWhole: boolean, value: string | asn1.Asn1[]) =>
      asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OCTETSTRING, !isWhole, value);
    contents.value = [
      make(
        false,
        pieces.map((piece) => make(true, piece)),
      ),
    ];
    const inPieces = Buffer.from(asn1.toDer(file).getBytes(), 'latin1');
    const start = Buffer.from([0x30, 0x80]);
    const indefinite = Buffer.concat([start, inPieces.subarray(4), Buffer.alloc(2)]);
    assert.deepEqual(
      readPkcs12(indefinite, PFX_PASSPHRASE),
      readPkcs12(pfxFile('aes'), PFX_PASSPHRASE),
    );
  });

  it('an RSA key: given with its certificate', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const certificate = pki.createCertificate();
    certificate.publicKey = pki.publicKeyFromPem(
      String(publicKey.export({ format: 'pem', type: 'spki' })),
    );
    certificate.validity.notAfter = new Date(Date.now() + 3_600_000);
    certificate.setSubject([{ name: 'commonName', value: 'rsa board' }]);
    certificate.setIssuer([{ name: 'commonName', value: 'Root CA' }]);
    certificate.sign(pki.privateKeyFromPem(pem));
    const file = pkcs12.toPkcs12Asn1(pki.privateKeyFromPem(pem), certificate, PFX_PASSPHRASE);
    const contents = readPkcs12(Buffer.from(asn1.toDer(file).getBytes(), 'latin1'), PFX_PASSPHRASE);
    assert.equal(contents.key, pem);
    assert.deepEqual(names(contents.certificate), ['CN=rsa board']);
    assert.equal(contents.ca, '');
  });

  it('a file with a CA alone: gives it', () => {
    const contents = readPkcs12(pfxFile('ca-only'), PFX_PASSPHRASE);
    assert.deepEqual(names(contents.ca), ['CN=Root CA']);
    assert.deepEqual([contents.certificate, contents.key], ['', '']);
  });

  it('a wrong or missing passphrase, or a cipher that cannot be read: named', () => {
    for (const name of ['aes', 'aes-without-mac', 'triple-des']) {
      assert.equal(flaw(pfxFile(name), 'another word'), 'PASSPHRASE_WRONG', name);
      assert.equal(flaw(pfxFile(name), ''), 'PASSPHRASE_MISSING', name);
    }
    assert.equal(flaw(pfxFile('rc4'), PFX_PASSPHRASE), 'CIPHER_NOT_SUPPORTED');
    for (const name of ['rc2', 'rc4', 'unicode'])
      assert.equal(flaw(pfxFile(name), 'another wörd'), 'PASSPHRASE_WRONG', name);
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
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    assert.equal(flaw(tripleDesFile(privateKey, 'x', 0xffffff), 'x'), 'DAMAGED');
  });
});
