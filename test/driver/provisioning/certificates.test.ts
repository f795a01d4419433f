import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  checkCertificates,
  outdatedCertificates,
  writeCertificates,
  type CertificateOptions,
} from '../../../driver/provisioning/certificates';
import type { Run } from '../../../driver/at/command';
import { EspAtError } from '../../../driver/errors';
import { refused, rejected } from '../../harness/refused';
import { ScriptedRun, type Reply } from '../../harness/scripted-run';
import { makeAuthority, makeIdentity } from '../../harness/network/ws-server-certificates';

const authority = makeAuthority('Test CA');
const client = makeIdentity(authority, 'client');
const another = makeIdentity(authority, 'another');

const slot = (given: Partial<CertificateOptions>): CertificateOptions => ({
  slot: 0,
  ca: '',
  certificate: '',
  key: '',
  ...given,
});
const whole = slot({ ca: authority.certificate, certificate: client.certificate, key: client.key });

/** What `openssl ecparam -genkey` writes before a key. */
const EC_PARAMETERS =
  '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';

/** How a device treats reading: as documented, not at all, or in an unknown format, also of the list of keys alone. */
type Reading = 'works' | 'refused' | 'strange' | 'strange list';

/** A device with flash; it counts what is written to it. */
class Flash {
  readonly slots = new Map<string, string>();
  readonly written: string[] = [];
  readonly device: ScriptedRun;
  /** Count of the next writes that arrive corrupt. */
  corruptWrites = 0;
  full = false;

  constructor(reading: Reading = 'works') {
    this.device = new ScriptedRun((line, { payload }) => {
      if (line === 'AT+SYSMFG=1,"wss_key"') return this.#keys(reading);
      const [, operation, name = '', one, two] =
        /^AT\+SYSMFG=([12]),"\w+","([\w.]+)",(\d+),(\d+)$/.exec(line) ?? [];
      if (operation === '2') {
        if (this.full) return { error: [] };
        const text = Buffer.from(payload ?? []).toString('latin1');
        this.written.push(name);
        this.slots.set(name, this.corruptWrites-- > 0 ? text.replace('A', 'B') : text);
        return [];
      }
      const stored = this.slots.get(name);
      if (operation !== '1' || stored === undefined || reading === 'refused') return { error: [] };
      const [offset, length] = [Number(one), Number(two)];
      const value = stored.slice(offset, offset + length);
      if (reading === 'strange') return [`+SYSMFG:${value}`];
      return [`+SYSMFG:"${name.split('.')[0] ?? ''}","${name}",8,${value.length},${value}`];
    });
  }

  #keys(reading: Reading): Reply {
    const names = [...this.slots.keys()].filter((name) => name.startsWith('wss_key'));
    if (names.length === 0 || reading === 'refused') return { error: [] };
    return names.map((name) => `+SYSMFG:"wss_key","${name}"${reading === 'works' ? ',8' : ''}`);
  }
}

describe('certificates of a device', () => {
  it('are written once, with a NUL at their end, the key before its certificate', async () => {
    const flash = new Flash();
    await writeCertificates(flash.device.run, [whole]);
    assert.deepEqual(flash.written, ['wss_ca.0', 'wss_key.0', 'wss_cert.0']);
    assert.equal(flash.slots.get('wss_ca.0'), `${authority.certificate.trim()}\n\0`);
    assert.equal(flash.slots.get('wss_key.0'), `${client.key.trim()}\n\0`);
  });

  it('are not written when the device has them, although this process has not written them, and no key is read', async () => {
    const flash = new Flash();
    await writeCertificates(flash.device.run, [whole]);
    flash.written.length = 0;
    // As another process does: the driver knows nothing of these settings.
    await writeCertificates(flash.device.run, [{ ...whole }]);
    assert.deepEqual(flash.written, []);
    assert.ok(flash.device.asked.some((line) => line.startsWith('AT+SYSMFG=1,"wss_cert"')));
    assert.ok(!flash.device.asked.some((line) => line.startsWith('AT+SYSMFG=1,"wss_key",')));
  });

  it('are written alone when only they changed', async () => {
    const flash = new Flash();
    await writeCertificates(flash.device.run, [whole]);
    flash.written.length = 0;
    const changed = { ...whole, certificate: another.certificate, key: another.key };
    await writeCertificates(flash.device.run, [changed]);
    assert.deepEqual(flash.written, ['wss_key.0', 'wss_cert.0']);
  });

  it('are written with a key that is given after its certificate, or that only another slot holds', async () => {
    const flash = new Flash();
    const other = slot({ slot: 1, certificate: another.certificate, key: another.key });
    await writeCertificates(flash.device.run, [{ ...whole, key: '' }, other]);
    flash.written.length = 0;
    await writeCertificates(flash.device.run, [whole, other]);
    assert.deepEqual(flash.written, ['wss_key.0', 'wss_cert.0']);
    assert.equal(flash.slots.get('wss_key.0'), `${client.key.trim()}\n\0`);
  });

  it('are written to the configured slot, without empty texts', async () => {
    const flash = new Flash();
    await writeCertificates(flash.device.run, [
      slot({ slot: 2, ca: authority.certificate }),
      slot({}),
    ]);
    assert.deepEqual(flash.written, ['wss_ca.2']);
    await rejected(
      'INVALID_SETTING',
      writeCertificates(flash.device.run, [slot({ slot: -1, ca: authority.certificate })]),
    );
  });

  it('are written once more when they are corrupt', async () => {
    const flash = new Flash();
    flash.corruptWrites = 1;
    const ca = slot({ ca: authority.certificate });
    assert.deepEqual(await writeCertificates(flash.device.run, [ca]), []);
    assert.deepEqual(flash.written, ['wss_ca.0', 'wss_ca.0']);
    assert.equal(flash.slots.get('wss_ca.0'), `${authority.certificate.trim()}\n\0`);
  });

  it('are not written repeatedly when they cannot be read back', async () => {
    const both = ['caCertificate', 'clientCertificate'];
    for (const [reading, materials] of [
      ['refused', both],
      ['strange', both],
    ] as const) {
      const flash = new Flash(reading);
      const settings = [whole];
      const warnings: EspAtError[] = [];
      for (let start = 0; start < 5; start++)
        warnings.push(...(await writeCertificates(flash.device.run, settings)));
      const unconfirmed = (material: string) => ['CERTIFICATE_UNCONFIRMED', { material, index: 0 }];
      assert.deepEqual(
        warnings.map(({ code, details }) => [code, details]),
        materials.map(unconfirmed),
      );
      assert.equal(flash.written.filter((name) => name === 'wss_ca.0').length, 2);
      assert.equal(flash.written.filter((name) => name === 'wss_key.0').length, 2);
    }
  });

  it('are not written when the device has them, and the list of keys is lost or in another form', async () => {
    for (const list of ['lost', 'strange'] as const) {
      const flash = new Flash(list === 'strange' ? 'strange list' : 'works');
      const run: Run = (command) =>
        list === 'lost' && command.line === 'AT+SYSMFG=1,"wss_key"'
          ? Promise.reject(new EspAtError('OUT_OF_SYNC', { command: command.name }))
          : flash.device.run(command);
      for (const settings of [whole, { ...whole }])
        assert.deepEqual(await writeCertificates(run, [settings]), []);
      assert.deepEqual(flash.written, ['wss_ca.0', 'wss_key.0', 'wss_cert.0']);
    }
  });

  it('replace a text whose response is lost in all attempts', async () => {
    const flash = new Flash();
    flash.slots.set('wss_ca.0', 'a text that breaks every response');
    const run: Run = (command) =>
      command.line.startsWith('AT+SYSMFG=1') && flash.written.length === 0
        ? Promise.reject(new EspAtError('OUT_OF_SYNC', { command: command.name }))
        : flash.device.run(command);
    assert.deepEqual(await writeCertificates(run, [slot({ ca: authority.certificate })]), []);
    assert.deepEqual(flash.written, ['wss_ca.0']);
  });

  it('are not written when a key has no certificate, because the driver could not check for it', async () => {
    const flash = new Flash();
    const settings = [slot({ ca: authority.certificate, key: client.key })];
    await rejected('CERTIFICATE_INVALID', writeCertificates(flash.device.run, settings));
    assert.deepEqual(flash.written, []);
  });

  it('that the device refuses are reported with kind and slot', async () => {
    const flash = new Flash();
    flash.full = true;
    const error = await rejected('CERTIFICATE_WRITE', writeCertificates(flash.device.run, [whole]));
    assert.equal(
      error.message,
      'The device did not store the CA in slot 0. Choose another slot, or flash the device again.',
    );
  });
});

describe('the check of certificates', () => {
  const reason = (given: Partial<CertificateOptions>): string =>
    refused('CERTIFICATE_INVALID', () => checkCertificates([slot(given)])).message;

  it('accepts Windows line ends, several certificates, and text around them, which it does not write', async () => {
    const flash = new Flash();
    const windows = authority.certificate.replaceAll('\n', '\r\n');
    const ca = `# my CA\r\n${windows}\r\n${client.certificate}rest`;
    await writeCertificates(flash.device.run, [slot({ ca })]);
    const written = `${authority.certificate.trim()}\n${client.certificate.trim()}\n\0`;
    assert.equal(flash.slots.get('wss_ca.0'), written);
  });

  it('reports the error before the driver writes a byte', async () => {
    const broken = authority.certificate.slice(0, 70) + authority.certificate.slice(110);
    assert.match(
      reason({ ca: 'hello' }),
      /^Replace the CA in slot 0: .*-----BEGIN CERTIFICATE----- is missing/,
    );
    assert.match(reason({ ca: client.key }), /something else: PRIVATE KEY/);
    assert.match(reason({ ca: broken }), /damaged/);
    const hyphened = (label: string) => `-----BEGIN ${label}-----\nMI-B\n-----END ${label}-----\n`;
    assert.match(reason({ ca: hyphened('CERTIFICATE') }), /damaged/);
    assert.match(reason({ key: hyphened('EC PRIVATE KEY') }), /damaged/);
    assert.match(reason({ ca: hyphened('X509 CERTIFICATE') }), /something else: X509 CERTIFICATE/);
    assert.match(reason({ ca: authority.certificate.slice(0, 200) }), /cut off/);
    outdatedCertificates([
      slot({ ca: `Begin at -----BEGIN CERTIFICATE-----:\n${authority.certificate}` }),
    ]);
    const cut = client.certificate.slice(0, 200);
    assert.match(
      reason({ ca: `${authority.certificate}${cut}` }),
      /END CERTIFICATE----- is missing/,
    );
    assert.match(
      reason({ ca: `${cut}\n${authority.certificate}` }),
      /END CERTIFICATE----- is missing/,
    );
    assert.match(reason({ ca: authority.certificate + hyphened('CERTIFICATE') }), /damaged/);
    const ecKey = `${EC_PARAMETERS}-----BEGIN EC PRIVATE KEY-----\nMHcC`;
    assert.match(reason({ key: ecKey }), /END EC PRIVATE KEY----- is missing/);
    assert.match(reason({ certificate: 'x' }), /^Replace the client certificate/);
    assert.match(reason({ key: client.certificate }), /something else: CERTIFICATE/);
    assert.match(reason({ key: client.key + another.key }), /several keys/);
    assert.equal(
      reason({ key: client.key }),
      'Replace the private key in slot 0: its client certificate is missing.',
    );
    assert.match(
      reason({ certificate: client.certificate, key: another.key }),
      /^Replace the private key in slot 0: it does not fit the client certificate/,
    );
    const flash = new Flash();
    const later = slot({ slot: 1, ca: 'hello' });
    await rejected('CERTIFICATE_INVALID', writeCertificates(flash.device.run, [whole, later]));
    assert.deepEqual(flash.device.asked, []);
  });

  it('warns about the dates, and writes the certificate all the same', async () => {
    const old = makeIdentity(authority, 'old', { to: Date.UTC(2024, 4, 6) });
    const early = makeIdentity(authority, 'early', { from: Date.UTC(2090, 0, 2) });
    const now = Date.UTC(2026, 10, 24);
    const flaws = (given: Partial<CertificateOptions>, at = now) =>
      outdatedCertificates([slot(given)], at).map(({ code, message }) => `${code} ${message}`);
    assert.deepEqual(flaws({ certificate: old.certificate, ca: authority.certificate }), [
      'CERTIFICATE_INVALID Replace the client certificate in slot 0: it expired on 2024-05-06.',
    ]);
    assert.match(flaws({ certificate: early.certificate })[0] ?? '', /not valid before 2090-01-02/);
    assert.match(flaws({ ca: old.certificate })[0] ?? '', /the CA .* expired/);
    assert.deepEqual(flaws({ certificate: old.certificate }, Date.UTC(2024, 0, 1)), []);
    // A host without a battery for its clock does not know the date before NTP.
    assert.deepEqual(flaws({ certificate: old.certificate }, 60_000), []);
    const flash = new Flash();
    await writeCertificates(flash.device.run, [slot({ ca: old.certificate })]);
    assert.deepEqual(flash.written, ['wss_ca.0']);
  });

  it('refuses keys that the device cannot use, without showing any part of a key', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = { type: 'pkcs8', format: 'pem' } as const;
    const encrypted = privateKey.export({ ...pem, cipher: 'aes-128-cbc', passphrase: 'p' });
    const edwards = generateKeyPairSync('ed25519').privateKey.export(pem);
    const damaged = client.key.replace(/\n(.{20})/, '\n');
    assert.match(reason({ key: encrypted.toString() }), /it is encrypted/);
    assert.match(reason({ key: edwards.toString() }), /ed25519/);
    assert.match(reason({ key: damaged }), /damaged/);
    const secret = client.key.split('\n')[1] ?? '';
    assert.ok(secret.length > 20);
    assert.ok(!reason({ key: damaged }).includes(secret.slice(-20)));
  });

  it('accepts RSA keys, and keys of OpenSSL with EC parameters', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    outdatedCertificates([slot({ key: rsa.export({ type: 'pkcs1', format: 'pem' }).toString() })]);
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const key = EC_PARAMETERS + ec.export({ type: 'sec1', format: 'pem' }).toString();
    outdatedCertificates([slot({ key })]);
  });
});
