import { createPrivateKey, X509Certificate } from 'node:crypto';
import { certificateError } from '../network/certificates';
import type { TlsOptions } from '../network/network';

/** The server's side of simulated TLS. */
export interface HandshakeServer {
  readonly identity: { readonly certificate: string };
  /** Whether the server refuses clients without a certificate. */
  readonly needsClientCertificate?: boolean;
}

type HandshakeResult = { readonly clientName: string | undefined } | { readonly failed: string };

/** The result of a TLS handshake. */
export function handshake(client: TlsOptions, server: HandshakeServer): HandshakeResult {
  if (client.verify) {
    const peer = new X509Certificate(server.identity.certificate);
    const reason = certificateError(peer, client.ca, client.now);
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

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function fits(certificate: X509Certificate, pem: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(pem));
  } catch {
    return false;
  }
}
