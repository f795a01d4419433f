import { asn1, pki } from 'node-forge';
import { PemError } from './pem';

export type Asn1 = asn1.Asn1;

/** The types of the library know only one of its options. A file may have bytes behind its value. */
const OPTIONS = { parseAllBytes: false, decodeBitStrings: false } as unknown as boolean;

/** Reads the value at the start of `bytes`, in DER or BER (X.690). @throws Error of node-forge */
export function readAsn1(bytes: Buffer): Asn1 {
  return asn1.fromDer(bytes.toString('latin1'), OPTIONS);
}

/** Returns the values in a constructed value. */
export const partsOf = ({ value }: Asn1): readonly Asn1[] =>
  typeof value === 'string' ? [] : value;

/** Returns the value at `path`, a position for each level. @throws PemError `DAMAGED` */
export function part(from: Asn1, ...path: readonly number[]): Asn1 {
  return path.reduce((value, position) => {
    const found = partsOf(value)[position];
    if (!found) throw new PemError({ reason: 'DAMAGED' });
    return found;
  }, from);
}

/** Returns the bytes of an OCTET STRING or INTEGER. BER may hold the former in pieces. */
export function octetsOf({ value }: Asn1): Buffer {
  return typeof value === 'string'
    ? Buffer.from(value, 'latin1')
    : Buffer.concat(value.map(octetsOf));
}

/** Returns the library's name of the OBJECT IDENTIFIER at the start of a SEQUENCE; `1.2.840.…` where it has none. */
export function nameIn(sequence: Asn1): string {
  const { type, value } = part(sequence, 0);
  if (type !== asn1.Type.OID || typeof value !== 'string')
    throw new PemError({ reason: 'DAMAGED' });
  const id = asn1.derToOid(value);
  return pki.oids[id] ?? id;
}

/** Returns the DER of a value. */
export const derOf = (value: Asn1): Buffer => Buffer.from(asn1.toDer(value).getBytes(), 'latin1');
