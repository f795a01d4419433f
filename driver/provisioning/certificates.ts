import type { KeyObject, X509Certificate } from 'node:crypto';
import { refusable, type Run } from '../at/command';
import { parseSysmfg, sysmfgRead, sysmfgWrite, type CertificateStore } from '../commands/sysmfg';
import type { CertificateOptions } from '../device/options';
import { EspAtError, isRefusal } from '../errors';
import { PemError, readCertificates, readKey, type PemFlaw } from './pem';

/** Bytes that are read at a time: one line of an answer. */
const PIECE_BYTES = 512;

/** What errors call the contents of the stores. */
const materials = {
  wss_ca: 'caCertificate',
  wss_cert: 'clientCertificate',
  wss_key: 'privateKey',
} as const satisfies Record<CertificateStore, string>;

/** A PEM text and where it goes. */
interface Material<Store extends CertificateStore = CertificateStore> {
  readonly store: Store;
  readonly slot: number;
  readonly pem: string;
}

/** A material that can be read back. */
type Readable = Material<Exclude<CertificateStore, 'wss_key'>>;

/** A slot's contents, read. */
interface Slot {
  readonly ca: Readable | undefined;
  readonly key: Material | undefined;
  readonly certificate: Readable | undefined;
  readonly authorities: readonly X509Certificate[];
  readonly own: readonly X509Certificate[];
  readonly secret: KeyObject | undefined;
}

/**
 * What was written in this process although the device would not show it afterwards, by the settings it
 * came from: it is not written again.
 */
const unverifiable = new WeakMap<readonly CertificateOptions[], Set<string>>();

/**
 * Checks that all PEM texts can be read, and that keys fit their certificates. A key alone is refused: only
 * its certificate tells whether the device has it, and a server wants both.
 * @throws EspAtError `CERTIFICATE_INVALID`, `INVALID_SETTING`; nothing of a key is in them
 */
export function checkCertificates(certificates: readonly CertificateOptions[]): void {
  for (const each of certificates) checkSlot(each);
}

/**
 * What is not within its dates: `CERTIFICATE_INVALID` for each. It works again, or stops working, without
 * anybody changing anything, and links that do not use it work all the same.
 * @param now milliseconds since 1970
 * @throws EspAtError `CERTIFICATE_INVALID`, `INVALID_SETTING` for what cannot be read
 */
export function outdatedCertificates(
  certificates: readonly CertificateOptions[],
  now = Date.now(),
): EspAtError[] {
  return certificates.flatMap((each) => {
    const { authorities, own } = readSlot(each);
    const flaws = (store: CertificateStore, all: readonly X509Certificate[]) =>
      all.flatMap((one) => dateFlaw(one, now) ?? []).map((flaw) => invalid(each, store, flaw));
    return [...flaws('wss_ca', authorities), ...flaws('wss_cert', own)];
  });
}

/**
 * Puts PEM texts into their slots (`AT+SYSMFG`), where the device does not hold them already. The slots
 * are in flash, which wears out: certificates are read back and compared first. Keys are never read back;
 * a key is written just before its certificate, so a certificate that is there tells that its key is too.
 * @throws EspAtError `CERTIFICATE_INVALID` and `INVALID_SETTING` before anything is written,
 * `CERTIFICATE_WRITE`, and whatever `run` rejects with
 */
export async function writeCertificates(
  run: Run,
  certificates: readonly CertificateOptions[],
): Promise<void> {
  const slots = certificates.map(checkSlot);
  const known = unverifiable.get(certificates) ?? new Set<string>();
  unverifiable.set(certificates, known);
  for (const { ca, key, certificate } of slots) {
    if (ca) await provide(run, [], ca, known);
    if (certificate) await provide(run, key ? [key] : [], certificate, known);
  }
}

/** Writes materials in order unless the last one, which stands for all, is there. */
async function provide(
  run: Run,
  first: readonly Material[],
  last: Readable,
  known: Set<string>,
): Promise<void> {
  const all = [...first, last];
  const name = all.map(({ store, slot, pem }) => `${store}.${slot}:${pem}`).join();
  if (known.has(name) || (await isThere(run, last))) return;
  // The line may have damaged it; once more, but no third time: perhaps the firmware shows it otherwise.
  for (let attempt = 0; attempt < 2; attempt++) {
    for (const material of all) await write(run, material);
    if (await isThere(run, last)) return;
  }
  known.add(name);
}

async function write(run: Run, { store, slot, pem }: Material): Promise<void> {
  try {
    await run(sysmfgWrite(store, slot, pem));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const details = { material: materials[store], index: slot };
    throw new EspAtError('CERTIFICATE_WRITE', details, { cause: error });
  }
}

async function isThere(run: Run, { store, slot, pem }: Readable): Promise<boolean> {
  const wanted = `${pem}\0`;
  for (let offset = 0; offset < wanted.length; offset += PIECE_BYTES) {
    const piece = wanted.slice(offset, offset + PIECE_BYTES);
    let found: string | undefined;
    try {
      found = parseSysmfg(await run(refusable(sysmfgRead(store, slot, offset, piece.length))));
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    if (found !== piece) return false;
  }
  return true;
}

function checkSlot(given: CertificateOptions): Slot {
  const slot = readSlot(given);
  const { secret, own } = slot;
  if (!secret) return slot;
  if (!own[0]) throw invalid(given, 'wss_key', { reason: 'NO_CERTIFICATE' });
  if (!own[0].checkPrivateKey(secret)) {
    throw invalid(given, 'wss_key', { reason: 'KEY_MISMATCH' });
  }
  return slot;
}

function readSlot(given: CertificateOptions): Slot {
  const { slot, ca, certificate, key } = given;
  const read = <T>(store: CertificateStore, text: string, reader: (text: string) => T) => {
    if (text === '') return undefined;
    try {
      return reader(text);
    } catch (error) {
      if (error instanceof PemError) throw invalid(given, store, error.flaw, error);
      throw error;
    }
  };
  const authority = read('wss_ca', ca, readCertificates);
  const own = read('wss_cert', certificate, readCertificates);
  const secret = read('wss_key', key, readKey);
  const material = <Store extends CertificateStore>(
    store: Store,
    pem: string | undefined,
  ): Material<Store> | undefined => {
    if (pem === undefined) return undefined;
    // Refuses a slot that cannot be, before anything is written.
    sysmfgWrite(store, slot, '');
    return { store, slot, pem };
  };
  return {
    ca: material('wss_ca', authority?.pem),
    key: material('wss_key', secret?.pem),
    certificate: material('wss_cert', own?.pem),
    authorities: authority?.all ?? [],
    own: own?.all ?? [],
    secret: secret?.key,
  };
}

function invalid(
  { slot }: CertificateOptions,
  store: CertificateStore,
  flaw: PemFlaw,
  cause?: unknown,
): EspAtError {
  const details = { material: materials[store], index: slot, ...flaw };
  return new EspAtError('CERTIFICATE_INVALID', details, { cause });
}

function dateFlaw(certificate: X509Certificate, now: number): PemFlaw | undefined {
  const { validFrom, validTo } = certificate;
  const day = (date: string) => new Date(date).toISOString().slice(0, 10);
  if (now > Date.parse(validTo)) return { reason: 'EXPIRED', date: day(validTo) };
  if (now < Date.parse(validFrom)) return { reason: 'NOT_YET_VALID', date: day(validFrom) };
  return undefined;
}
