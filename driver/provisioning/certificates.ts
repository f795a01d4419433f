import type { X509Certificate } from 'node:crypto';
import { tryRun, type Run } from '../at/command';
import { tryRunQuery } from '../commands/run-query';
import {
  parseSysmfg,
  SYSMFG_PIECE_BYTES,
  sysmfgHasKey,
  sysmfgRead,
  sysmfgWrite,
  type CertificateStore,
} from '../commands/sysmfg';
import { EspAtError, isRefusal } from '../errors';
import { PemError, readCertificates, readKey, type PemFlaw } from './pem';
import { isPlausible } from './sntp';

/** PEM texts for one slot; an empty text writes nothing. */
export interface CertificateOptions {
  /** Slot of `wss_ca`, `wss_cert` and `wss_key`, 0-255. */
  readonly slot: number;
  /** PEM text of the CA that verifies servers, for `auth` 2 and 3. */
  readonly ca: string;
  /** PEM text of the client certificate, for `auth` 1 and 3. */
  readonly certificate: string;
  /** PEM text of the private key. Secret. */
  readonly key: string;
}

/** Names in errors. */
const MATERIAL_NAMES = {
  wss_ca: 'caCertificate',
  wss_cert: 'clientCertificate',
  wss_key: 'privateKey',
} as const satisfies Record<CertificateStore, string>;

/** A second time, because the port may have corrupted the first. Not a third: the firmware may show a good text in another form. */
const MAX_WRITES = 2;

/** A store that the driver may read back: no key. */
type ReadableStore = Exclude<CertificateStore, 'wss_key'>;

/** A PEM text and its slot. */
interface Material {
  readonly store: CertificateStore;
  readonly slot: number;
  readonly pem: string;
}

/** PEM texts for a slot, and what they hold. */
type SlotContents = ReturnType<typeof parseSlot>;

/** Parsing certificates and keys blocks the event loop for milliseconds, and every initialization needs their contents. */
const parsed = new WeakMap<CertificateOptions, SlotContents>();

/**
 * By the options of a device: materials that do not read back as the driver wrote them. The firmware shows them in another
 * form, or the port has corrupted both attempts; the driver cannot tell, and does not write them again.
 */
const unverifiableOf = new WeakMap<readonly CertificateOptions[], Set<string>>();

/**
 * Checks that all PEM texts are readable, and that keys match their certificates. Refuses a key without a certificate:
 * a server needs both, and the driver tells by the certificate which key is stored.
 * @throws EspAtError `CERTIFICATE_INVALID`, `INVALID_SETTING`; neither shows a key
 */
export function checkCertificates(certificates: readonly CertificateOptions[]): void {
  for (const each of certificates) checkSlot(each);
}

/**
 * Returns `CERTIFICATE_INVALID` for each certificate outside its validity period; none while the host does not know the
 * date. These are warnings: the period may begin or end at any time, and other links work.
 * @param now milliseconds since 1970
 * @throws EspAtError `CERTIFICATE_INVALID`, `INVALID_SETTING` for unreadable texts
 */
export function outdatedCertificates(
  certificates: readonly CertificateOptions[],
  now = Date.now(),
): EspAtError[] {
  const slots = certificates.map(readSlot);
  // A host without a battery for its clock starts in 1970, until NTP sets it.
  if (!isPlausible(new Date(now))) return [];
  const materials = slots.flatMap(({ ca, certificate }) => [ca ?? [], certificate ?? []].flat());
  return materials.flatMap(({ store, slot, all }) =>
    all.flatMap((one) => dateFlaw(one, now) ?? []).map((flaw) => invalid(slot, store, flaw)),
  );
}

/**
 * Writes PEM texts to their slots (`AT+SYSMFG`) where the device does not hold them. Flash wears out, so the driver
 * first reads certificates and compares them. It never reads keys: it lists them, writes a key just before its certificate,
 * and takes the certificate for a proof that the slot holds the right key, unless the list lacks the slot. A key that the
 * port has corrupted goes unnoticed. So does a wrong one: where another program stored the certificate without its key, the
 * slot may hold the key of the certificate before. Returns `CERTIFICATE_UNCONFIRMED` for each one that does not read back,
 * when it has just written it.
 * @throws EspAtError `CERTIFICATE_INVALID` and `INVALID_SETTING` before the first write,
 * `CERTIFICATE_WRITE`, and whatever `run` rejects with
 */
export async function writeCertificates(
  run: Run,
  certificates: readonly CertificateOptions[],
): Promise<EspAtError[]> {
  const slots = certificates.map(checkSlot);
  const unverifiable = unverifiableOf.get(certificates) ?? new Set<string>();
  unverifiableOf.set(certificates, unverifiable);
  const unconfirmed: EspAtError[] = [];
  for (const { ca, key, certificate } of slots) {
    if (ca) unconfirmed.push(...(await writeUnlessHeld(run, [ca], unverifiable)));
    if (certificate) {
      const all = key ? [key, certificate] : [certificate];
      unconfirmed.push(...(await writeUnlessHeld(run, all, unverifiable)));
    }
  }
  return unconfirmed;
}

/** Writes materials in order, unless the device holds all of them. */
async function writeUnlessHeld(
  run: Run,
  all: readonly Material[],
  unverifiable: Set<string>,
): Promise<EspAtError[]> {
  const name = all.map(({ store, slot, pem }) => `${store}.${slot}:${pem}`).join();
  if (unverifiable.has(name)) return [];
  for (let writes = 0; ; writes++) {
    const missing = await lastMissing(run, all);
    if (!missing) return [];
    if (writes === MAX_WRITES) {
      unverifiable.add(name);
      return [new EspAtError('CERTIFICATE_UNCONFIRMED', detailsOf(missing))];
    }
    for (const material of all) await write(run, material);
  }
}

async function lastMissing(run: Run, all: readonly Material[]): Promise<Material | undefined> {
  for (const material of all.toReversed()) if (!(await isHeld(run, material))) return material;
  return undefined;
}

const detailsOf = ({ store, slot }: Pick<Material, 'store' | 'slot'>) => ({
  material: MATERIAL_NAMES[store],
  index: slot,
});

async function write(run: Run, material: Material): Promise<void> {
  try {
    await run(sysmfgWrite(material.store, material.slot, material.pem));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new EspAtError('CERTIFICATE_WRITE', detailsOf(material), { cause: error });
  }
}

async function isHeld(run: Run, { store, slot, pem }: Material): Promise<boolean> {
  if (store === 'wss_key') return !(await lacksKey(run, slot));
  const wanted = `${pem}\0`;
  for (let offset = 0; offset < wanted.length; offset += SYSMFG_PIECE_BYTES) {
    const piece = wanted.slice(offset, offset + SYSMFG_PIECE_BYTES);
    if ((await readPiece(run, store, slot, offset, piece.length)) !== piece) return false;
  }
  return true;
}

/**
 * Whether the device says that a slot holds no key, by a list without it or by ERROR. A list that is lost or in another form
 * does not say so: otherwise the driver would write the key at every start.
 */
async function lacksKey(run: Run, slot: number): Promise<boolean> {
  try {
    return (await tryRunQuery(run, sysmfgHasKey(slot))) !== true;
  } catch (error) {
    if (!(error instanceof EspAtError)) throw error;
    if (error.code !== 'OUT_OF_SYNC' && error.code !== 'FIRMWARE_UNKNOWN') throw error;
    return false;
  }
}

/** Reads part of a text; returns undefined where the slot is empty, or the response is lost or corrupt. */
async function readPiece(
  run: Run,
  store: ReadableStore,
  slot: number,
  offset: number,
  length: number,
): Promise<string | undefined> {
  const response = await unlessLost(tryRun(run, sysmfgRead(store, slot, offset, length)));
  return response && parseSysmfg(response);
}

/**
 * Returns undefined where a response is lost or corrupt: a text or name that another program has stored may break every
 * response that shows it.
 */
async function unlessLost<T>(response: Promise<T>): Promise<T | undefined> {
  try {
    return await response;
  } catch (error) {
    if (error instanceof EspAtError && error.code === 'OUT_OF_SYNC') return undefined;
    throw error;
  }
}

function checkSlot(given: CertificateOptions): SlotContents {
  const slot = readSlot(given);
  const { key } = slot.key ?? {};
  if (!key) return slot;
  const [certificate] = slot.certificate?.all ?? [];
  if (!certificate) throw invalid(given.slot, 'wss_key', { reason: 'NO_CERTIFICATE' });
  if (!certificate.checkPrivateKey(key))
    throw invalid(given.slot, 'wss_key', { reason: 'KEY_MISMATCH' });
  return slot;
}

function readSlot(given: CertificateOptions): SlotContents {
  const contents = parsed.get(given) ?? parseSlot(given);
  parsed.set(given, contents);
  return contents;
}

function parseSlot({ slot, ca, certificate, key }: CertificateOptions) {
  const read = <Store extends CertificateStore, Contents>(
    store: Store,
    text: string,
    reader: (text: string) => Contents,
  ) => {
    if (text === '') return undefined;
    // Refuses an impossible slot before the first write.
    sysmfgWrite(store, slot, '');
    try {
      return { store, slot, ...reader(text) };
    } catch (error) {
      if (error instanceof PemError) throw invalid(slot, store, error.flaw, error);
      throw error;
    }
  };
  return {
    ca: read('wss_ca', ca, readCertificates),
    certificate: read('wss_cert', certificate, readCertificates),
    key: read('wss_key', key, readKey),
  };
}

function invalid(slot: number, store: CertificateStore, flaw: PemFlaw, cause?: unknown) {
  const details = { ...detailsOf({ store, slot }), ...flaw };
  return new EspAtError('CERTIFICATE_INVALID', details, { cause });
}

function dateFlaw({ validFrom, validTo }: X509Certificate, now: number): PemFlaw | undefined {
  const day = (date: string) => new Date(date).toISOString().slice(0, 10);
  if (now > Date.parse(validTo)) return { reason: 'EXPIRED', date: day(validTo) };
  if (now < Date.parse(validFrom)) return { reason: 'NOT_YET_VALID', date: day(validFrom) };
  return undefined;
}
