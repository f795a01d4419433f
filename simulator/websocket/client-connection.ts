import type { ClientEvents, ClientOptions } from './client-options';
import { FrameReader } from './frame-reader';
import { Sender } from './sender';
import { Socket } from './socket';
import { upgrade } from './upgrade';

/** Limit of each read in the handshake and inside a frame. */
export const NETWORK_TIMEOUT_MS = 10_000;

/** One TCP or TLS connection of a client, with its frame reader and sender. */
export interface ClientConnection {
  readonly socket: Socket;
  readonly reader: FrameReader;
  readonly sender: Sender;
  /**
   * Connects and upgrades to WebSocket.
   *
   * @param done called with the bytes behind the server's 101; with undefined after a failure
   */
  dial(done: (early: Buffer | undefined) => void): void;
}

export function openConnection(options: ClientOptions, events: ClientEvents): ClientConnection {
  const { clock, bufferSize, firmware, random } = options;
  const socket = new Socket(clock);
  const reader = new FrameReader(socket, {
    bufferSize,
    firmware,
    timeout: NETWORK_TIMEOUT_MS,
    data: (chunk) => events.data(chunk),
    ready: (resume) => events.ready(resume),
  });
  const sender = new Sender(socket, bufferSize, firmware.writeGraceMs, random);
  return {
    socket,
    reader,
    sender,
    dial: (done) => {
      const { uri, network } = options;
      const tls = options.tls();
      if (tls === 'unusable') {
        done(undefined);
        return;
      }
      const handlers = socket.handlers({
        connected: () => upgrade(socket, options, random, NETWORK_TIMEOUT_MS, done),
        failed: () => done(undefined),
      });
      const target = { host: uri.host, port: uri.port };
      socket.attach(network.connect(tls ? { ...target, tls } : target, handlers));
    },
  };
}
