import assert from 'node:assert/strict';
import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto';
import { describe, it } from 'node:test';
import { asn1, pkcs12, pki } from 'node-forge';
import { PemError } from '../../../driver/provisioning/pem';
import { readPkcs12 } from '../../../driver/provisioning/pkcs12';
import { bag, der, fileOf, id, pbes2File, tripleDesFile } from '../../harness/network/made-pfx';
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

const ecKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const pemOf = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' });

describe('readPkcs12()', () => {
  it('Triple DES with an absent passphrase: read in both of its encodings, in any file', () => {
    for (let run = 0; run < 300; run++) {
      const privateKey = ecKey();
      for (const password of ['', null]) {
        const { key } = readPkcs12(tripleDesFile(privateKey, password), '');
        assert.equal(key, pemOf(privateKey));
      }
    }
    const other = tripleDesFile(ecKey(), 'x');
    assert.equal(flaw(other, ''), 'PASSPHRASE_MISSING');
  });

  for (const [name, passphrase] of [
    ['aes', PFX_PASSPHRASE],
    ['aes-without-mac', PFX_PASSPHRASE],
    ['triple-des', PFX_PASSPHRASE],
    ['rc2', PFX_PASSPHRASE],
    ['sha224', PFX_PASSPHRASE],
    ['million', PFX_PASSPHRASE],
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

  it('bags of revocation lists, secrets and others, and bytes behind the file: skipped', () => {
    const privateKey = ecKey();
    const other = der(0x30, id('1.2.3'), der(0xa0, der(4, Buffer.from('other'))));
    const others = [4, 5, 6, 77].map((type) => bag(type, other));
    const key = bag(1, privateKey.export({ format: 'der', type: 'pkcs8' }));
    const sdsi = bag(3, der(0x30, id('1.2.840.113549.1.9.22.2'), der(0xa0, der(22))));
    const file = fileOf(...others, sdsi, key, ...others);
    assert.deepEqual(readPkcs12(Buffer.concat([file, Buffer.from('\n')]), ''), {
      ca: '',
      certificate: '',
      key: pemOf(privateKey),
    });
  });

  it('a MAC with a hash that is not known: skipped', () => {
    const file = Buffer.from(pfxFile('sha224'));
    const sha224 = Buffer.from('608648016503040204', 'hex');
    file.writeUInt8(7, file.lastIndexOf(sha224) + 8);
    assert.deepEqual(readPkcs12(file, PFX_PASSPHRASE), readPkcs12(pfxFile('aes'), PFX_PASSPHRASE));
    assert.equal(flaw(file, 'another word'), 'PASSPHRASE_WRONG');
  });

  it('PBKDF2 with hmacWithSHA224: read', () => {
    const privateKey = ecKey();
    assert.equal(readPkcs12(pbes2File(privateKey, {}), 'x').key, pemOf(privateKey));
  });

  it('PBKDF2 with a salt in two parts, as BER allows: read', () => {
    const privateKey = ecKey();
    const half = der(4, Buffer.from('salt'));
    const file = pbes2File(privateKey, { salt: der(0x24, half, half) });
    assert.equal(readPkcs12(file, 'x').key, pemOf(privateKey));
  });

  it('gives the bytes of a certificate as they are', () => {
    const { certificate, ca } = readPkcs12(pfxFile('pss'), '');
    const { raw, subjectAltName } = new X509Certificate(certificate);
    assert.match(String(subjectAltName), /^DirName:.*, DNS:pss\.example\.org$/);
    assert.ok(pfxFile('pss').includes(raw));
    assert.equal(ca, '');
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

  it('a file with CAs and no key: gives all of them', () => {
    const { ca, certificate } = readPkcs12(pfxFile('plain'), '');
    const [, middle = ''] = certificate.split(/(?=-----BEGIN)/);
    const certBag = (pem: string) => {
      const { raw } = new X509Certificate(pem);
      return bag(3, der(0x30, id('1.2.840.113549.1.9.22.1'), der(0xa0, der(4, raw))));
    };
    const contents = readPkcs12(fileOf(certBag(middle), certBag(ca)), '');
    assert.deepEqual(names(contents.ca), ['CN=Middle CA', 'CN=Root CA']);
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

  it('a cipher, hash or derivation that is not known: named', () => {
    const key = ecKey();
    const camellia = '1.2.392.200011.61.1.1.1.4';
    const gcm = '2.16.840.1.101.3.4.1.46';
    const streebog = '1.2.643.7.1.1.4.2';
    for (const [file, cipher] of [
      [pbes2File(key, { cipher: camellia }), camellia],
      [pbes2File(key, { cipher: gcm }), gcm],
      [pbes2File(key, { prf: streebog }), streebog],
      [pfxFile('rc4'), 'pbeWithSHAAnd128BitRC4'],
    ] as const)
      assert.throws(
        () => readPkcs12(file, cipher.startsWith('pbe') ? PFX_PASSPHRASE : 'x'),
        (error: PemError) => {
          assert.deepEqual(error.flaw, { reason: 'CIPHER_NOT_SUPPORTED', cipher });
          return true;
        },
      );
  });

  it('a SEQUENCE that is no PKCS #12 file: damaged', () => {
    const algorithm = der(0x30, id('1.2.840.113549.1.5.13'), der(0x30));
    const file = der(0x30, algorithm, der(4, Buffer.from('encrypted key')));
    for (const passphrase of ['', 'x']) assert.equal(flaw(file, passphrase), 'DAMAGED');
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

  it('a damaged certificate that still parses: refused by the MAC', () => {
    const file = Buffer.from(pfxFile('aes'));
    file.writeUInt8(file.readUInt8(400) ^ 1, 400);
    assert.equal(flaw(file, PFX_PASSPHRASE), 'PASSPHRASE_WRONG');
  });

  it('a file of several megabytes, or with millions of iterations: refused at once', () => {
    assert.equal(flaw(Buffer.alloc(4_000_000, 0x30), ''), 'TOO_MANY_BYTES');
    const withMac = (iterations: string) => {
      const file = asn1.fromDer(pfxFile('triple-des').toString('latin1'));
      const macData = file.value[2] as asn1.Asn1;
      (macData.value[2] as asn1.Asn1).value = iterations;
      return Buffer.from(asn1.toDer(file).getBytes(), 'latin1');
    };
    assert.equal(flaw(withMac('\x08\0'), PFX_PASSPHRASE), 'none');
    assert.equal(flaw(withMac('\x7f\0\0\0\0\0'), PFX_PASSPHRASE), 'TOO_MANY_ITERATIONS');
    assert.equal(flaw(withMac('\0'), PFX_PASSPHRASE), 'DAMAGED');
    assert.equal(flaw(tripleDesFile(ecKey(), 'x', 0x7fffff), 'x'), 'TOO_MANY_ITERATIONS');
    assert.equal(flaw(pbes2File(ecKey(), { rounds: 0x7fffff }), 'x'), 'TOO_MANY_ITERATIONS');
    assert.equal(flaw(pbes2File(ecKey(), { rounds: 0 }), 'x'), 'DAMAGED');
  });
});
