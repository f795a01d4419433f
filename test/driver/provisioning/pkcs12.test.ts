import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
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

describe('readPkcs12()', () => {
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
