import { X509Certificate } from 'node:crypto';

/** Refuses longer chains, and ends a circular one. */
const MAX_CHAIN_LENGTH = 8;

/**
 * Why the device does not trust a server's certificate; undefined when it does. Each certificate must be in date at
 * `now` and signed by the next, up to one of the given authorities. The device does not check the host name.
 *
 * @param peer the server's certificate, linked to the others it sent
 * @param authorities PEM of one or more certificate authorities
 * @param now milliseconds since 1970
 */
export function certificateError(
  peer: X509Certificate | undefined,
  authorities: string | undefined,
  now: number,
): string | undefined {
  if (!peer) return 'the server has no certificate';
  const trusted = parseCertificates(authorities ?? '');
  if (trusted.length === 0) return 'there is no certificate authority to trust';
  let certificate = peer;
  for (let depth = 0; depth < MAX_CHAIN_LENGTH; depth++) {
    if (!inDate(certificate, now)) return 'a certificate is out of date';
    const current = certificate;
    if (trusted.some((root) => root.raw.equals(current.raw))) return undefined;
    const root = trusted.find((candidate) => signed(current, candidate));
    if (root) return inDate(root, now) ? undefined : 'the authority is out of date';
    const issuer = current.issuerCertificate;
    if (!issuer || issuer.raw.equals(current.raw) || !issuer.ca || !signed(current, issuer)) {
      return 'the certificate leads to no trusted authority';
    }
    certificate = issuer;
  }
  return 'the certificate chain is too long';
}

function parseCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

function signed(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function inDate(certificate: X509Certificate, now: number): boolean {
  return Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo);
}
