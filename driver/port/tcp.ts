import { connect, type Socket } from 'node:net';
import { onTimeout, systemClock, type Clock } from '../clock';
import { EspAtError } from '../errors';
import { portFailure } from './failure';
import type { Port, PortHandlers } from './port';
import type { TcpAddress } from '../values/port-address';

/** Milliseconds in which a bridge has to accept the connection. */
const CONNECT_TIMEOUT_MS = 5000;
/** Milliseconds without traffic until TCP keep-alive probes the connection. */
const KEEP_ALIVE_MS = 10_000;

/**
 * Connects to a serial port behind TCP: ser2net, a UART bridge. Raw bytes; no Telnet, no RFC 2217.
 * @throws EspAtError `PORT_UNREACHABLE`, `PORT_PERMISSION` (a firewall of this host), `PORT_FAILED`
 */
export function openTcp(
  address: string,
  { host, port }: TcpAddress,
  handlers: PortHandlers,
  clock: Clock = systemClock,
): Promise<Port> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const giveUp = (cause: unknown) => {
      cancel();
      socket.removeAllListeners();
      // Ignores later errors: the promise has rejected.
      socket.on('error', () => undefined);
      socket.destroy();
      reject(portFailure(address, cause));
    };
    const cancel = onTimeout(clock, CONNECT_TIMEOUT_MS, () =>
      giveUp(new Error('ETIMEDOUT: no answer')),
    );
    socket.once('error', giveUp);
    socket.once('connect', () => {
      cancel();
      socket.removeListener('error', giveUp);
      resolve(openPort(socket, address, handlers));
    });
  });
}

function openPort(socket: Socket, address: string, handlers: PortHandlers): Port {
  let isClosed = false;
  let cause: unknown;
  socket.on('error', (error) => (cause = error));
  socket.on('data', (chunk: Buffer) => {
    if (!isClosed) handlers.data(chunk);
  });
  const gone = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
      if (isClosed) return;
      isClosed = true;
      handlers.lost(new EspAtError('PORT_LOST', { port: address }, { cause }));
    });
  });
  return {
    get pendingBytes() {
      return isClosed ? 0 : socket.writableLength;
    },
    write(bytes) {
      if (isClosed || !socket.writable) throw new EspAtError('PORT_CLOSED');
      socket.write(bytes);
    },
    close() {
      isClosed = true;
      socket.destroy();
      return gone;
    },
  };
}
