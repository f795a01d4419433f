import type { Identity } from './ws-server-certificates';

/** The server's side of simulated TLS. */
export interface TlsSide {
  readonly identity: Identity;
  /** Whether the server refuses clients without a certificate. */
  readonly needsClientCertificate?: boolean;
}
