/** A value of ASN.1 in DER or BER (X.690). */
export interface Asn1Value {
  /** Identifier octet, such as 0x30 for a SEQUENCE. */
  readonly tag: number;
  readonly contents: Buffer;
  /** Values in it, where it is constructed. */
  readonly values: readonly Asn1Value[];
}

/** Bytes are no ASN.1 value, or not the expected one. */
export class Asn1Error extends Error {
  override readonly name = 'Asn1Error';
}

/** Most levels of values within values. */
const MAX_DEPTH = 32;
const CONSTRUCTED = 0x20;
const OBJECT_IDENTIFIER = 0x06;

/**
 * Reads the value at the start of `bytes`. Takes BER's indefinite lengths too: some programs write PKCS #12 with them.
 * @throws Asn1Error
 */
export function readAsn1(bytes: Buffer): Asn1Value {
  return readValue(bytes, 0).value;
}

/** Returns the value at a position in a constructed value. @throws Asn1Error */
export function part({ values }: Asn1Value, position: number): Asn1Value {
  const value = values[position];
  if (!value) throw new Asn1Error('a value is missing');
  return value;
}

/** Returns the bytes of an OCTET STRING, which BER may hold in pieces. */
export function octetsOf({ tag, contents, values }: Asn1Value): Buffer {
  return tag & CONSTRUCTED ? Buffer.concat(values.map(octetsOf)) : contents;
}

/** Returns an INTEGER of at most 6 bytes. @throws Asn1Error */
export function integerOf({ contents }: Asn1Value): number {
  if (contents.length === 0 || contents.length > 6) throw new Asn1Error('a number is too large');
  return contents.readIntBE(0, contents.length);
}

/** Returns an OBJECT IDENTIFIER as `1.2.840.…`. @throws Asn1Error */
export function objectIdOf({ tag, contents }: Asn1Value): string {
  if (tag !== OBJECT_IDENTIFIER) throw new Asn1Error('an object identifier is missing');
  const numbers: number[] = [];
  let number = 0;
  for (const byte of contents) {
    number = number * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    numbers.push(number);
    number = 0;
  }
  const [first = 0, ...others] = numbers;
  const arc = Math.min(2, Math.floor(first / 40));
  return [arc, first - arc * 40, ...others].join('.');
}

interface Read {
  readonly value: Asn1Value;
  /** Where the next value begins. */
  readonly end: number;
}

function readValue(bytes: Buffer, depth: number): Read {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined || depth > MAX_DEPTH || (tag & 0x1f) === 0x1f)
    throw new Asn1Error('this is no ASN.1');
  const isConstructed = (tag & CONSTRUCTED) !== 0;
  if (first === 0x80 && isConstructed) {
    const { values, end } = readValues(bytes.subarray(2), depth, true);
    return { value: { tag, contents: bytes.subarray(2, 2 + end), values }, end: 4 + end };
  }
  const lengthBytes = first > 0x80 ? first - 0x80 : 0;
  const start = 2 + lengthBytes;
  if (first === 0x80 || lengthBytes > 4 || bytes.length < start)
    throw new Asn1Error('a length is damaged');
  const end = start + (lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes));
  if (end > bytes.length) throw new Asn1Error('a value is cut off');
  const contents = bytes.subarray(start, end);
  const values = isConstructed ? readValues(contents, depth, false).values : [];
  return { value: { tag, contents, values }, end };
}

/** Reads values up to the end, or up to the two zeros that end an indefinite length. */
function readValues(
  bytes: Buffer,
  depth: number,
  isIndefinite: boolean,
): { readonly values: Asn1Value[]; readonly end: number } {
  const values: Asn1Value[] = [];
  let end = 0;
  while (isIndefinite || end < bytes.length) {
    if (isIndefinite && bytes[end] === 0 && bytes[end + 1] === 0) break;
    const read = readValue(bytes.subarray(end), depth + 1);
    values.push(read.value);
    end += read.end;
  }
  return { values, end };
}
