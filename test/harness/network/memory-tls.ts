import type { Identity } from './ws-server-certificates';

/** The server's side of the stand-in for TLS. */
export interface TlsSide {
  readonly identity: Identity;
  /** A client that shows no certificate is sent away. */
  readonly needsClientCertificate?: boolean;
  /** Called when a handshake fails, with the reason. */
  readonly onFailure?: (reason: string) => void;
}
