import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../driver/errors';
import { certificatesOf, type TlsMaterial } from '../../../driver/provisioning/tls-material';
import { makeAuthority, makeIdentity } from '../../harness/network/ws-server-certificates';
import { pfxFile, PFX_PASSPHRASE } from '../../harness/network/pfx-file';

const authority = makeAuthority('Test CA');
const client = makeIdentity(authority, 'client');
const key = createPrivateKey(client.key);
const encrypted = (type: 'pkcs8' | 'sec1') =>
  key.export({ format: 'pem', type, cipher: 'aes-256-cbc', passphrase: 'word' });

/** Keys with a wrong passphrase that decrypts them to bytes with valid padding, as one in 256 does. */
const unlucky = {
  pkcs8: {
    passphrase: 'other97',
    key: `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAi5NVrvfGnZtQICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEEYiFhzJ0LPLxA1/jW1CPTkEgZC6
ye4RYJsL8S2ZyzHQDoVGV20MgtkayuurtecZ5/bonBJ0U0WknGNOFQfolmxkU9B7
WTYOwZG7fdV/jD4CvTgzdDEYMVwPDPhsCouMqhGWAhnodSkDGXjV0RNSb9c96kNt
QFL7R7v7MWYKO1rj/IHEMyoa9qdBnsVVLmVyriWZlo3MUDSileC6lMXBGJ9y8D4=
-----END ENCRYPTED PRIVATE KEY-----
`,
  },
  sec1: {
    passphrase: 'other175',
    key: `-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-256-CBC,17924CBD99298074B6966C5EDFC3939B

5KNPJDxLeOtjpHATV0pddHOT5BRtWhogHWzCLGjcf0ugzpJQw3CyJdGEevDV+16m
M0wAwEm8rkfKubQPh4In9I/+hzbVzMcYTaTp/RhOtgwJRSZOzG3LAG+ngk/SWSjL
KtLdBI6wxLkFcYlJ2GGUOLR3yWVhYkrmnZDM2mHzH6M=
-----END EC PRIVATE KEY-----
`,
  },
} as const;

function refusal(material: TlsMaterial): unknown[] {
  try {
    certificatesOf(1, material);
  } catch (error) {
    assert.ok(error instanceof EspAtError);
    assert.doesNotMatch(`${error.stack}${JSON.stringify(error.details)}`, /BEGIN|word/);
    const { material: what, index, reason } = error.details;
    return [error.code, what, index, reason];
  }
  return [];
}

describe('certificatesOf()', () => {
  it('PEM as text or bytes: passed on', () => {
    const cert = client.certificate;
    assert.deepEqual(certificatesOf(0, { ca: Buffer.from(cert), cert, key: client.key }), {
      slot: 0,
      ca: cert,
      certificate: cert,
      key: client.key,
    });
    assert.deepEqual(certificatesOf(0, {}), { slot: 0, ca: '', certificate: '', key: '' });
  });

  for (const type of ['pkcs8', 'sec1'] as const) {
    it(`an encrypted key, ${type}: comes decrypted`, () => {
      const given = certificatesOf(0, { key: encrypted(type), passphrase: 'word' });
      assert.match(given.key, /^-----BEGIN PRIVATE KEY-----/);
      assert.ok(createPrivateKey(given.key).equals(key));
      assert.deepEqual(refusal({ key: encrypted(type), passphrase: 'other' }), [
        'CERTIFICATE_INVALID',
        'privateKey',
        1,
        'PASSPHRASE_WRONG',
      ]);
      assert.equal(refusal({ key: encrypted(type) })[3], 'PASSPHRASE_MISSING');
      assert.equal(refusal(unlucky[type])[3], 'PASSPHRASE_WRONG');
    });

    it(`an encrypted key that is incomplete, ${type}: the error says so in place of the passphrase`, () => {
      const given = String(encrypted(type));
      const reason = (text: string) => refusal({ key: text, passphrase: 'word' })[3];
      assert.equal(reason(given.slice(0, given.indexOf('-----END'))), 'CUT_OFF');
      assert.equal(reason(given.replace(/.\n-----END/, '\n-----END')), 'DAMAGED');
      assert.equal(reason(given.replace(/.\n-----END/, '!\n-----END')), 'DAMAGED');
      assert.equal(reason(given.replaceAll('\n', '\r\n')), undefined);
    });
  }

  it('a cipher that Node.js does not have: the error names it', () => {
    for (const cipher of ['DES-CBC', 'FOO-CBC']) {
      const foreign = String(encrypted('sec1')).replace('AES-256-CBC', cipher);
      assert.equal(refusal({ key: foreign, passphrase: 'word' })[3], 'CIPHER_NOT_SUPPORTED');
    }
  });

  it('a passphrase that no key needs: without effect', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const pem = String(privateKey.export({ format: 'pem', type: 'pkcs1' }));
    assert.equal(certificatesOf(0, { key: pem, passphrase: 'word' }).key, pem);
  });

  it('a PFX file: replaces all texts, and the error of a wrong passphrase names it', () => {
    const pfx = pfxFile('aes');
    const given = certificatesOf(1, { pfx, passphrase: PFX_PASSPHRASE });
    assert.match(`${given.ca}${given.certificate}${given.key}`, /PRIVATE KEY/);
    assert.deepEqual(refusal({ pfx, passphrase: 'other' }), [
      'CERTIFICATE_INVALID',
      'pfx',
      1,
      'PASSPHRASE_WRONG',
    ]);
  });
});
