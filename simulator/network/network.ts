/** Options of a TLS connection. */
export interface TlsOptions {
  /** Whether the server's certificate must lead to {@link ca} and be in date. The device never checks the host name. */
  readonly verify: boolean;
  /** PEM of the trusted certificate authority. */
  readonly ca?: string;
  /** PEM of the client certificate. */
  readonly cert?: string;
  /** PEM of the client certificate's private key. */
  readonly key?: string;
  /** The device's time in milliseconds since 1970, for certificate dates. */
  readonly now: number;
}

/** Where a connection leads. */
export interface ConnectionTarget {
  /** A name or an address. */
  readonly host: string;
  /** The TCP port. */
  readonly port: number;
  /** Present for TLS. */
  readonly tls?: TlsOptions;
}

/** Callbacks of a connection. */
export interface ConnectionHandlers {
  /** The connection is open (for TLS: after the handshake). */
  connected(): void;
  /** Bytes from the peer, in order, cut anywhere. */
  data(chunk: Buffer): void;
  /** After a write that returned false: the network has taken all bytes. */
  drained(): void;
  /** The connection, or the attempt, has ended; called once, never after {@link Connection.destroy}. */
  closed(error?: Error): void;
  /** The peer has sent FIN. */
  ended(): void;
}

/** A network connection, or an attempt at one. */
export interface Connection {
  /** Takes all bytes; false asks to wait for `drained` before writing more. */
  write(bytes: Buffer): boolean;
  /** Ends the connection at once, without further callbacks. */
  destroy(): void;
  /** Like `destroy`, but with RST, as TCP does when it closes with unread bytes. */
  reset?(): void;
  /** Stops reading, so that TCP makes the peer wait. */
  pause(): void;
  /** Reads again after `pause`. */
  resume(): void;
}

/** The network behind the device's Wi-Fi. */
export interface Network {
  /** Starts a connection attempt. Calls the handlers with its outcome, never in the same turn. */
  connect(target: ConnectionTarget, handlers: ConnectionHandlers): Connection;
}
