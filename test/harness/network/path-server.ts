import * as net from 'node:net';
import * as tls from 'node:tls';
import { systemClock } from '../../../simulator';
import { portOf } from './port-of';
import type { Identity } from './ws-server-certificates';
import { WsServer, type ServerSocket } from './ws-server';

interface PathServerOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Makes the server speak TLS and request, but not require, a client certificate. */
  readonly identity?: Identity;
  /** PEM of the authority of client certificates. */
  readonly clientAuthority?: string;
  /** Refuses clients without a certificate of `clientAuthority`. */
  readonly needsClientCertificate?: boolean;
}

/** A {@link WsServer} on a real port of 127.0.0.1. */
export interface PathServer {
  readonly ws: WsServer;
  readonly port: number;
  /** `ws://127.0.0.1:<port>` or `wss://…`, without a path. */
  readonly url: string;
  /** TCP connections that are open now. */
  readonly sockets: ReadonlySet<net.Socket>;
  /** Cuts every connection and frees the port. */
  close(): Promise<void>;
}

/** Starts a path server; settles when it listens. */
export async function startPathServer(options: PathServerOptions = {}): Promise<PathServer> {
  const ws = new WsServer(systemClock);
  const sockets = new Set<net.Socket>();
  const { identity } = options;
  const onSocket = (socket: net.Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(ws, socket);
  };
  const server = identity
    ? tls.createServer(
        {
          cert: identity.certificate,
          key: identity.key,
          ca: options.clientAuthority,
          requestCert: true,
          rejectUnauthorized: options.needsClientCertificate ?? false,
        },
        onSocket,
      )
    : net.createServer(onSocket);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const port = portOf(server);
  return {
    ws,
    port,
    url: `${identity ? 'wss' : 'ws'}://127.0.0.1:${port}`,
    sockets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
        sockets.clear();
      }),
  };
}

function serve(ws: WsServer, socket: net.Socket): void {
  socket.setNoDelay(true);
  // 'close' follows.
  socket.on('error', () => undefined);
  const end: ServerSocket = {
    write(bytes) {
      if (!socket.destroyed) socket.write(bytes);
    },
    end: () => void socket.end(),
    reset() {
      if (socket instanceof tls.TLSSocket) socket.destroy();
      else socket.resetAndDestroy();
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
  const handlers = ws.serve(end, clientName(socket));
  socket.on('data', (chunk: Buffer) => handlers.data(chunk));
  socket.once('close', () => handlers.closed());
}

function clientName(socket: net.Socket): string | undefined {
  if (!(socket instanceof tls.TLSSocket)) return undefined;
  // Against its type, the object is empty without a certificate.
  const peer: Partial<tls.PeerCertificate> = socket.getPeerCertificate();
  const name = peer.subject?.CN;
  return Array.isArray(name) ? name[0] : name;
}
