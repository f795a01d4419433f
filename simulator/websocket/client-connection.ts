import type { ClientEvents, ClientOptions } from './client-options';
import { FrameReader } from './frame-reader';
import { newKey, readResponse, responseBufferBytes, upgradeRequest } from './handshake';
import { Sender } from './sender';
import { Socket } from './socket';
import type { Task } from './task';

/** Limit of each read in the handshake and inside a frame. */
export const NETWORK_TIMEOUT_MS = 10_000;

/** One TCP or TLS connection of a client, with its frame reader and sender. */
export class ClientConnection {
  readonly socket: Socket;
  readonly reader: FrameReader;
  readonly sender: Sender;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions, events: ClientEvents) {
    this.#options = options;
    this.socket = new Socket(options.clock);
    this.reader = new FrameReader(this.socket, options, NETWORK_TIMEOUT_MS, events);
    this.sender = new Sender(this.socket, options);
  }

  /**
   * Connects and upgrades to WebSocket.
   *
   * @returns the bytes behind the server's 101 in the firmware's buffer; undefined after a failure
   */
  *dial(): Task<Buffer | undefined> {
    const { uri, network } = this.#options;
    const tls = this.#options.tls();
    if (tls === 'unusable') return undefined;
    const target = { host: uri.host, port: uri.port, ...(tls && { tls }) };
    return (yield* this.socket.connect(network, target)) ? yield* this.#upgrade() : undefined;
  }

  *#upgrade(): Task<Buffer | undefined> {
    const { socket } = this;
    const { keepsEarlyFrames } = this.#options.firmware;
    const key = newKey(this.#options.random);
    const request = upgradeRequest(this.#options, key);
    if (!request) return undefined;
    socket.write(request);
    let received: Buffer = Buffer.alloc(0);
    while ((yield* socket.wait(NETWORK_TIMEOUT_MS, true)) && !socket.finished) {
      const room = responseBufferBytes(keepsEarlyFrames) - received.length;
      received = Buffer.concat([received, socket.take(room)]);
      const response = readResponse(received, key, keepsEarlyFrames);
      if (response !== 'incomplete') return response;
    }
    return undefined;
  }
}
