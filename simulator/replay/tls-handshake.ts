import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { TlsOptions } from '../network/network';

/** The server's side of simulated TLS. */
export interface HandshakeServer {
  readonly identity: { readonly certificate: string };
  /** Whether the server refuses clients without a certificate. */
  readonly needsClientCertificate?: boolean;
}

type HandshakeResult = { readonly clientName: string | undefined } | { readonly failed: string };

/**
 * The result of a TLS handshake. A client that verifies checks signature and dates of the certificate, like the device,
 * and never the host name.
 */
export function handshake(client: TlsOptions, server: HandshakeServer): HandshakeResult {
  if (client.verify) {
    const reason = certificateAlert(server.identity.certificate, client);
    if (reason !== undefined) return { failed: reason };
  }
  if (client.cert === undefined) {
    return server.needsClientCertificate
      ? { failed: 'tlsv13 alert certificate required' }
      : { clientName: undefined };
  }
  const certificate = readCertificate(client.cert);
  if (!certificate) return { failed: 'the client certificate cannot be read' };
  if (client.key === undefined || !fits(certificate, client.key)) {
    return { failed: 'the private key does not fit the client certificate' };
  }
  return { clientName: /^CN=(.*)$/m.exec(certificate.subject)?.[1] };
}

function certificateAlert(pem: string, client: TlsOptions): string | undefined {
  const leaf = new X509Certificate(pem);
  const authority = client.ca === undefined ? undefined : readCertificate(client.ca);
  if (!authority || !leaf.checkIssued(authority) || !leaf.verify(authority.publicKey)) {
    return 'tlsv1 alert unknown ca';
  }
  if (client.now > Date.parse(leaf.validTo)) return 'sslv3 alert certificate expired';
  if (client.now < Date.parse(leaf.validFrom)) return 'sslv3 alert bad certificate';
  return undefined;
}

function readCertificate(pem: string | Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(String(pem).replace(/\0+$/, ''));
  } catch {
    return undefined;
  }
}

function fits(certificate: X509Certificate, pem: string | Buffer): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(String(pem).replace(/\0+$/, '')));
  } catch {
    return false;
  }
}
