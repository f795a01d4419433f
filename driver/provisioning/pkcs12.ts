import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { asn1, pkcs12, pki } from 'node-forge';
import { PemError, type PemFlaw } from './pem';

/** Most bytes of a file. */
const MAX_BYTES = 65_536;
/** Most rounds of all keys of a file together: they block the process for up to ten seconds. */
const MAX_ROUNDS = 2_000_000;

/** Contents of a PKCS #12 file (.p12, .pfx) in PEM; an empty text where the file has none. */
export interface Pkcs12Contents {
  /** Self-signed certificates other than the client's. */
  readonly ca: string;
  /** The client's certificate, then those that lead to its CA. */
  readonly certificate: string;
  readonly key: string;
}

/**
 * Reads a PKCS #12 file (RFC 7292).
 * @throws PemError, which never shows the key: `PASSPHRASE_MISSING`, `PASSPHRASE_WRONG`, `CIPHER_NOT_SUPPORTED`,
 * `SEVERAL_KEYS`, `TOO_MANY_BYTES`, `DAMAGED`
 */
export function readPkcs12(file: Buffer, passphrase: string): Pkcs12Contents {
  const { length } = file;
  if (length > MAX_BYTES) throw new PemError({ reason: 'TOO_MANY_BYTES', length, max: MAX_BYTES });
  try {
    const value = asn1.fromDer(file.toString('latin1'));
    if (roundsIn(value) > MAX_ROUNDS) throw new PemError({ reason: 'DAMAGED' });
    return pemOf(bagsIn(value, passphrase));
  } catch (error) {
    throw error instanceof PemError ? error : new PemError({ reason: 'DAMAGED' });
  }
}

/** Adds up the rounds of all keys: each INTEGER behind an OCTET STRING, its salt. */
function roundsIn({ type, value }: asn1.Asn1): number {
  if (type === asn1.Type.OCTETSTRING) return roundsInBytes(octetsOf(value));
  if (typeof value === 'string') return 0;
  return value.reduce((sum, each, index) => {
    const isCount =
      each.type === asn1.Type.INTEGER && value[index - 1]?.type === asn1.Type.OCTETSTRING;
    const hex = Buffer.from(octetsOf(each.value), 'latin1').toString('hex');
    return sum + (isCount ? Number(`0x0${hex}`) : roundsIn(each));
  }, 0);
}

function roundsInBytes(bytes: string): number {
  try {
    return roundsIn(asn1.fromDer(bytes));
  } catch {
    return 0;
  }
}

/** Joins the bytes of an OCTET STRING, which BER may hold in pieces. */
function octetsOf(value: asn1.Asn1['value']): string {
  return typeof value === 'string' ? value : value.map((piece) => octetsOf(piece.value)).join('');
}

/** @throws PemError `PASSPHRASE_MISSING`, `PASSPHRASE_WRONG`, `CIPHER_NOT_SUPPORTED`, `DAMAGED` */
function bagsIn(file: asn1.Asn1, passphrase: string): pkcs12.Bag[] {
  const [first, second] = formsOf(file, passphrase);
  try {
    return read(first);
  } catch (error) {
    try {
      if (second) return read(second);
    } catch {
      // The first attempt tells what is wrong.
    }
    throw new PemError(flawOf(error, file, passphrase));
  }
}

/** A file, and a form of its passphrase. */
type Attempt = readonly [file: asn1.Asn1, password: string | undefined];

function read([file, password]: Attempt): pkcs12.Bag[] {
  const { safeContents } = pkcs12.pkcs12FromAsn1(file, false, password);
  return safeContents.flatMap(({ safeBags }) => safeBags);
}

/**
 * Programs encode an absent passphrase in two ways. The MAC has the passphrase in UTF-16, AES in UTF-8: the library takes
 * one form for both.
 */
function formsOf(file: asn1.Asn1, passphrase: string): readonly [Attempt, Attempt?] {
  if (passphrase === '')
    return [
      [file, ''],
      [file, undefined],
    ];
  const utf8 = Buffer.from(passphrase).toString('latin1');
  const withoutMac = { ...file, value: file.value.slice(0, 2) as asn1.Asn1[] };
  return utf8 === passphrase
    ? [[file, passphrase]]
    : [
        [file, passphrase],
        [withoutMac, utf8],
      ];
}

function flawOf(error: unknown, { value }: asn1.Asn1, passphrase: string): PemFlaw {
  const { message, oid, supported, supportedOids } = error as Error & Record<string, unknown>;
  if (supported ?? supportedOids)
    return { reason: 'CIPHER_NOT_SUPPORTED', cipher: pki.oids[String(oid)] ?? String(oid) };
  // Without a MAC, a wrong passphrase gives bytes that may be anything.
  const hasMac = value.length > 2;
  if (hasMac && !/password|decrypt/i.test(message)) return { reason: 'DAMAGED' };
  return { reason: passphrase === '' ? 'PASSPHRASE_MISSING' : 'PASSPHRASE_WRONG' };
}

function pemOf(bags: readonly pkcs12.Bag[]): Pkcs12Contents {
  const { certBag, keyBag, pkcs8ShroudedKeyBag } = pki.oids;
  const [key, another] = bags
    .filter(({ type }) => type === keyBag || type === pkcs8ShroudedKeyBag)
    .map(keyOf);
  if (another) throw new PemError({ reason: 'SEVERAL_KEYS' });
  const all = bags.filter(({ type }) => type === certBag).map(certificateOf);
  const own = key && all.find((one) => one.checkPrivateKey(key));
  const others = all.filter((one) => one !== own);
  const isRoot = (one: X509Certificate) => one.checkIssued(one);
  const pem = (some: readonly X509Certificate[]) => some.map((one) => one.toString()).join('');
  return {
    ca: pem(others.filter(isRoot)),
    certificate: own ? pem([own, ...others.filter((one) => !isRoot(one))]) : '',
    key: key ? String(key.export({ format: 'pem', type: 'pkcs8' })) : '',
  };
}

/** The library itself parses RSA only; `asn1` is what it does not parse. */
function keyOf({ key, asn1: value }: pkcs12.Bag): KeyObject {
  if (key) return createPrivateKey(pki.privateKeyToPem(key));
  return createPrivateKey({ key: derOf(value), format: 'der', type: 'pkcs8' });
}

function certificateOf({ cert, asn1: value }: pkcs12.Bag): X509Certificate {
  return new X509Certificate(cert ? pki.certificateToPem(cert) : derOf(value));
}

const derOf = (value: asn1.Asn1) => Buffer.from(asn1.toDer(value).getBytes(), 'latin1');
