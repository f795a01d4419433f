import { once } from 'node:events';
import type { Server } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import { portOf } from '../../harness/network/port-of';
import type { LinkId } from '../../../driver/at/types';
import type { Random } from '../../../simulator';
import { drawForm, drawLength, payloadOf, seal, sealedIn, unseal } from './messages/message';
import type { SoakLog } from './messages/soak-log';

/** Mean time between messages on a connection. */
const MEAN_INTERVAL_MS = 800;
/** The log holds this many bytes of an unknown message. */
const MAX_HEAD_BYTES = 60;

/** A WebSocket server that logs messages and requests, answers requests, and sends messages of its own. */
export class SoakServer {
  readonly port: number;
  /** Time of the latest message, by link. */
  readonly receivedAt = new Map<LinkId, number>();
  readonly #server: WebSocketServer;
  readonly #log: SoakLog;
  readonly #random: Random;
  #connections = 0;
  #served = 0;

  private constructor(server: WebSocketServer, port: number, log: SoakLog, random: Random) {
    this.#server = server;
    this.port = port;
    this.#log = log;
    this.#random = random;
    server.on('connection', (socket, { url }) => this.#accept(socket, linkIn(url ?? '')));
  }

  static async start(log: SoakLog, random: Random): Promise<SoakServer> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    await once(server as unknown as Server, 'listening');
    return new SoakServer(server, portOf(server), log, random);
  }

  /** Whether it sends messages of its own. */
  sendsMessages = true;

  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: WebSocket, link: LinkId): void {
    const connection = ++this.#connections;
    this.#log.connected(connection, link, Date.now());
    let next: NodeJS.Timeout | undefined;
    const talkLater = () => {
      next = setTimeout(talk, 2 * MEAN_INTERVAL_MS * this.#random());
    };
    const talk = () => {
      if (this.sendsMessages && socket.readyState === socket.OPEN)
        this.#talk(socket, connection, link);
      talkLater();
    };
    talkLater();
    socket.on('message', (data: Buffer, isBinary) =>
      this.#take(socket, connection, link, isBinary ? data : data.toString()),
    );
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearTimeout(next);
      this.#log.gone(connection, Date.now());
    });
  }

  #talk(socket: WebSocket, connection: number, link: LinkId): void {
    const number = ++this.#served;
    const sealed = seal({ way: 'in', link, number }, drawLength(this.#random), this.#random);
    this.#log.received.served(connection, number, Date.now());
    socket.send(payloadOf(sealed, drawForm(this.#random)));
  }

  #take(socket: WebSocket, connection: number, link: LinkId, data: Buffer | string): void {
    const { sent } = this.#log;
    const sealed = sealedIn(data) ?? '';
    const identity = unseal(sealed);
    if (identity?.way !== 'out') {
      sent.arrivedCorrupt(link, Date.now(), data.toString('latin1').slice(0, MAX_HEAD_BYTES));
      return;
    }
    this.receivedAt.set(link, Date.now());
    sent.arrived(identity.number, link, connection, Date.now());
    const id = requestId(data);
    if (id !== undefined) socket.send(JSON.stringify({ id, soak: sealed }));
  }
}

function requestId(data: Buffer | string): unknown {
  if (typeof data !== 'string' || !data.includes('"method"')) return undefined;
  const request: unknown = JSON.parse(data);
  return typeof request === 'object' && request !== null && 'id' in request
    ? request.id
    : undefined;
}

function linkIn(url: string): LinkId {
  const link = url.charAt(1);
  if (link === '0') return 0;
  return link === '1' ? 1 : 2;
}
