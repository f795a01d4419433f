import * as net from 'node:net';
import * as tls from 'node:tls';
import { certificateError } from './certificates';
import { ECHO_HOST, EchoConnection } from './echo-server';
import type {
  Connection,
  ConnectionHandlers,
  ConnectionTarget,
  Network,
  TlsOptions,
} from './network';

/** The machine's own network, and the echo server `ws://echo.sim/` in this process. */
export const realNetwork: Network = {
  connect(target, handlers) {
    if (!target.tls && target.host.toLowerCase() === ECHO_HOST) return new EchoConnection(handlers);
    try {
      const socket = target.tls ? openTls(target, target.tls) : openTcp(target);
      return attach(socket, handlers, target.tls);
    } catch (error) {
      // OpenSSL cannot read the certificate or the key, or they do not match.
      return failed(error instanceof Error ? error : new Error(String(error)), handlers);
    }
  },
};

/** An attempt that fails in the next turn. */
function failed(error: Error, handlers: ConnectionHandlers): Connection {
  const immediate = setImmediate(() => handlers.closed(error));
  return {
    write: () => true,
    destroy: () => clearImmediate(immediate),
    pause: () => undefined,
    resume: () => undefined,
  };
}

function openTcp(target: ConnectionTarget): net.Socket {
  return net.connect({ host: target.host, port: target.port, noDelay: true, allowHalfOpen: true });
}

function openTls(target: ConnectionTarget, options: TlsOptions): tls.TLSSocket {
  return tls.connect({
    host: target.host,
    port: target.port,
    // The device checks dates by its own clock, and no host names; Node.js checks otherwise.
    rejectUnauthorized: false,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.cert === undefined ? {} : { cert: options.cert }),
    ...(options.key === undefined ? {} : { key: options.key }),
    ...(net.isIP(target.host) === 0 ? { servername: target.host } : {}),
  });
}

function attach(
  socket: net.Socket,
  handlers: ConnectionHandlers,
  options: TlsOptions | undefined,
): Connection {
  let over = false;
  const finish = (error?: Error) => {
    if (over) return;
    over = true;
    socket.destroy();
    handlers.closed(error);
  };
  socket.on(socket instanceof tls.TLSSocket ? 'secureConnect' : 'connect', () => {
    if (over) return;
    const reason =
      socket instanceof tls.TLSSocket && options?.verify === true
        ? certificateError(socket.getPeerX509Certificate(), options.ca, options.now)
        : undefined;
    if (reason === undefined) handlers.connected();
    else finish(new Error(reason));
  });
  socket.on('data', (chunk: Buffer) => {
    if (!over) handlers.data(chunk);
  });
  socket.on('drain', () => {
    if (!over) handlers.drained();
  });
  socket.on('end', () => {
    if (!over) handlers.ended();
  });
  socket.on('error', finish);
  socket.on('close', () => finish());
  return {
    write: (bytes) => over || socket.write(bytes),
    destroy() {
      over = true;
      socket.destroy();
    },
    reset() {
      over = true;
      if (socket instanceof tls.TLSSocket) socket.destroy();
      else socket.resetAndDestroy();
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
}
