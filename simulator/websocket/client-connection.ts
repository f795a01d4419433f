import type { ClientEvents, ClientOptions } from './client-options';
import { FrameReader } from './frame-reader';
import { Sender } from './sender';
import { Socket } from './socket';
import { upgrade } from './upgrade';

/** Milliseconds that each read of the handshake and inside a frame may take. */
export const NETWORK_TIMEOUT_MS = 10_000;

/** One TCP or TLS connection of a client, and what reads and writes frames on it. */
export interface ClientConnection {
  readonly socket: Socket;
  readonly reader: FrameReader;
  readonly sender: Sender;
  /**
   * Connects and asks the server to speak WebSocket.
   *
   * @param done with the bytes that followed the server's answer; undefined when it came to nothing
   */
  dial(done: (early: Buffer | undefined) => void): void;
}

export function openConnection(options: ClientOptions, events: ClientEvents): ClientConnection {
  const { clock, bufferSize, writeGrace, waitsForHeaders, survivesStalls, random } = options;
  const socket = new Socket(clock);
  const reader = new FrameReader(socket, {
    bufferSize,
    waitsForHeaders,
    survivesStalls,
    timeout: NETWORK_TIMEOUT_MS,
    data: (chunk) => events.data(chunk),
    ready: (resume) => events.ready(resume),
  });
  const sender = new Sender(socket, bufferSize, writeGrace, random);
  return {
    ...{ socket, reader, sender },
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
