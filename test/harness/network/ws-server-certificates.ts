import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** A certificate with its private key, both PEM. */
export interface Identity {
  readonly name: string;
  readonly certificate: string;
  readonly key: string;
}

/** An identity that may sign others. */
interface Authority extends Identity {
  readonly signer: KeyObject;
}

/** Optional contents of a certificate. */
export interface CertificateOptions {
  /** Start of validity, milliseconds since 1970. Default: 2020. */
  readonly from?: number;
  /** End of validity, milliseconds since 1970. Default: 2099. */
  readonly to?: number;
  /** DNS names and IPv4 addresses of its subject. */
  readonly hosts?: readonly string[];
}

/** Makes a self-signed certificate authority (P-256). */
export function makeAuthority(name: string, options: CertificateOptions = {}): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = certify(
    { subject: name, issuer: name, publicKey, signer: privateKey, ca: true },
    options,
  );
  return { name, certificate, key: keyPem(privateKey), signer: privateKey };
}

/** Makes a key and a certificate for it, signed by `authority`. */
export function makeIdentity(
  authority: Authority,
  name: string,
  options: CertificateOptions = {},
): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = certify(
    { subject: name, issuer: authority.name, publicKey, signer: authority.signer, ca: false },
    options,
  );
  return { name, certificate, key: keyPem(privateKey) };
}

interface Request {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly ca: boolean;
}

/** Encodes the part of X.509 v3 (RFC 5280) that TLS libraries need. */
function certify(request: Request, options: CertificateOptions): string {
  const from = options.from ?? Date.UTC(2020, 0, 1);
  const to = options.to ?? Date.UTC(2099, 11, 31);
  const algorithm = sequence(objectId('1.2.840.10045.4.3.2')); // ecdsa-with-SHA256
  const spki = request.publicKey.export({ type: 'spki', format: 'der' });
  const serial = createHash('sha1').update(spki).digest().subarray(0, 8);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive and not zero
  const tbs = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    distinguishedName(request.issuer),
    sequence(time(from), time(to)),
    distinguishedName(request.subject),
    spki,
    tlv(0xa3, sequence(...extensions(request.ca, options.hosts ?? []))),
  );
  const signature = sign('sha256', tbs, request.signer);
  return pem('CERTIFICATE', sequence(tbs, algorithm, bitString(signature)));
}

function extensions(ca: boolean, hosts: readonly string[]): Buffer[] {
  const basic = ca ? sequence(tlv(0x01, Buffer.from([0xff]))) : sequence();
  const list = [sequence(objectId('2.5.29.19'), tlv(0x01, Buffer.from([0xff])), octets(basic))];
  if (hosts.length > 0) {
    const names = hosts.map((host) =>
      /^\d+(\.\d+){3}$/.test(host)
        ? tlv(0x87, Buffer.from(host.split('.').map(Number)))
        : tlv(0x82, Buffer.from(host, 'latin1')),
    );
    list.push(sequence(objectId('2.5.29.17'), octets(sequence(...names))));
  }
  return list;
}

function distinguishedName(name: string): Buffer {
  const value = tlv(0x0c, Buffer.from(name));
  return sequence(tlv(0x31, sequence(objectId('2.5.4.3'), value)));
}

/** UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5280, section 4.1.2.5). */
function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '');
  return new Date(milliseconds).getUTCFullYear() < 2050
    ? tlv(0x17, Buffer.from(digits.slice(2), 'latin1'))
    : tlv(0x18, Buffer.from(digits, 'latin1'));
}

function tlv(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  if (length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content]);
}

const sequence = (...contents: readonly Buffer[]): Buffer => tlv(0x30, ...contents);
const integer = (value: Buffer): Buffer => tlv(0x02, value);
const octets = (value: Buffer): Buffer => tlv(0x04, value);
const bitString = (value: Buffer): Buffer => tlv(0x03, Buffer.from([0]), value);

function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tlv(0x06, Buffer.from(bytes));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
