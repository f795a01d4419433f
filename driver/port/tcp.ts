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

export interface TcpOptions extends TcpAddress {
  /** The address as the user wrote it, for messages. */
  readonly address: string;
}

/**
 * Connects to a serial port behind TCP: ser2net, a UART bridge. Raw bytes; no Telnet, no RFC 2217.
 * @throws EspAtError `PORT_UNREACHABLE`, `PORT_PERMISSION` (a firewall of this host), `PORT_FAILED`
 */
export function openTcp(
  { address, host, port }: TcpOptions,
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
      resolve(new OpenTcp(socket, address, handlers));
    });
  });
}

class OpenTcp implements Port {
  readonly #socket: Socket;
  readonly #gone: Promise<void>;
  #closed = false;

  constructor(socket: Socket, address: string, handlers: PortHandlers) {
    this.#socket = socket;
    let cause: unknown;
    socket.on('error', (error) => (cause = error));
    socket.on('data', (chunk: Buffer) => {
      if (!this.#closed) handlers.data(chunk);
    });
    this.#gone = new Promise((resolve) => {
      socket.once('close', () => {
        resolve();
        if (this.#closed) return;
        this.#closed = true;
        handlers.lost(new EspAtError('PORT_LOST', { port: address }, { cause }));
      });
    });
  }

  get pendingBytes(): number {
    return this.#closed ? 0 : this.#socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    if (this.#closed || !this.#socket.writable) throw new EspAtError('PORT_CLOSED');
    this.#socket.write(bytes);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#socket.destroy();
    return this.#gone;
  }
}
