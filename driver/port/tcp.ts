import { connect } from 'node:net';
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
export async function openTcp(
  address: string,
  { host, port }: TcpAddress,
  handlers: PortHandlers,
  clock: Clock = systemClock,
): Promise<Port> {
  const socket = connect({ host, port, noDelay: true });
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  let cause: unknown;
  socket.on('error', (error) => (cause = error));
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const connected = new Promise<void>((resolve) => socket.once('connect', resolve));
  const cancel = onTimeout(clock, CONNECT_TIMEOUT_MS, () =>
    socket.destroy(new Error('ETIMEDOUT: no answer')),
  );
  await Promise.race([connected, gone]);
  cancel();
  if (socket.destroyed) throw portFailure(address, cause);
  let isClosed = false;
  socket.on('data', (chunk: Buffer) => {
    if (!isClosed) handlers.data(chunk);
  });
  socket.once('close', () => {
    if (isClosed) return;
    isClosed = true;
    handlers.lost(new EspAtError('PORT_LOST', { port: address }, { cause }));
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
