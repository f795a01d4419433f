import { createPrivateKey } from 'node:crypto';
import { EspAtError } from '../errors';
import { checkEncryptedKey, ENCRYPTED_HEADER, PemError } from './pem';
import { readPkcs12 } from './pkcs12';
import type { CertificateOptions } from './certificates';

/** CA, client certificate and key, as in the options of Node.js's `tls`. */
export interface TlsMaterial {
  readonly ca?: string | Buffer | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  /** A PKCS #12 file in place of the three. */
  readonly pfx?: Buffer | undefined;
  /** Passphrase of the key, or of the PKCS #12 file. */
  readonly passphrase?: string | undefined;
}

/**
 * Returns TLS material as PEM texts for a slot of the device. Decrypts the key, because the device takes no passphrase.
 * Does not check the texts otherwise.
 * @throws EspAtError `CERTIFICATE_INVALID`, which never shows a key
 */
export function certificatesOf(slot: number, material: TlsMaterial): CertificateOptions {
  const { pfx, passphrase = '' } = material;
  if (pfx) return { slot, ...withMaterial('pfx', slot, () => readPkcs12(pfx, passphrase)) };
  const text = (given: string | Buffer | undefined) => given?.toString() ?? '';
  return {
    slot,
    ca: text(material.ca),
    certificate: text(material.cert),
    key: withMaterial('privateKey', slot, () => decryptedKey(text(material.key), passphrase)),
  };
}

/** @throws PemError */
function decryptedKey(pem: string, passphrase: string): string {
  const isEncrypted = /^-----BEGIN ENCRYPTED PRIVATE KEY-----/m.test(pem);
  if (!isEncrypted && !ENCRYPTED_HEADER.test(pem)) return pem;
  checkEncryptedKey(pem);
  if (passphrase === '') throw new PemError({ reason: 'PASSPHRASE_MISSING' });
  try {
    const key = createPrivateKey({ key: pem, passphrase });
    return String(key.export({ format: 'pem', type: 'pkcs8' }));
  } catch (error) {
    if (isCipherUnsupported(error)) {
      const cipher = /^DEK-Info: ([\w-]+)/m.exec(pem)?.[1] ?? 'PKCS #8';
      throw new PemError({ reason: 'CIPHER_NOT_SUPPORTED', cipher });
    }
    throw new PemError({ reason: 'PASSPHRASE_WRONG' });
  }
}

/**
 * Only the codes of a cipher. A wrong passphrase passes the padding check once in 256 times: OpenSSL then fails with
 * `ERR_OSSL_UNSUPPORTED`, which means `PASSPHRASE_WRONG`.
 */
function isCipherUnsupported(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ERR_OSSL_EVP_UNSUPPORTED' || code === 'ERR_OSSL_PEM_UNSUPPORTED_ENCRYPTION';
}

/** Names the material in an error of `read`. */
function withMaterial<T>(material: 'privateKey' | 'pfx', slot: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PemError)) throw error;
    const details = { material, index: slot, ...error.flaw };
    throw new EspAtError('CERTIFICATE_INVALID', details, { cause: error });
  }
}
