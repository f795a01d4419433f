import type { Connection, ConnectionHandlers } from '../../../simulator/network/network';
import type { Clock } from '../../../simulator';
import type { ServerSocket, ServerSocketHandlers } from './ws-server';

/** The state of the network between the two ends. */
export interface Path {
  /** False while all packets are held. */
  readonly reachable: boolean;
  /** Count of bytes that the network buffers while the server does not read. */
  readonly window: number;
}

type Segment = { readonly kind: 'data'; readonly bytes: Buffer } | { readonly kind: 'fin' | 'rst' };

/** Both ends of one in-memory connection and the segments between them. */
export class MemoryPipe {
  /** The device's end. */
  readonly client: Connection;
  readonly server: ServerSocket;
  /** Called when the server's end has ended. */
  onGone: () => void = () => undefined;
  readonly #clock: Clock;
  readonly #latency: number;
  readonly #handlers: ConnectionHandlers;
  readonly #path: Path;
  readonly #toClient: Segment[] = [];
  readonly #toServer: Segment[] = [];
  #serverHandlers: ServerSocketHandlers | undefined;
  #clientPaused = false;
  #serverPaused = false;
  /** Whether the device waits for `drained`. */
  #drainPending = false;
  /** Count of bytes written since the server last read. */
  #backlog = 0;
  /** Whether the device has destroyed its end, or got `closed`. */
  #over = false;

  constructor(clock: Clock, latency: number, handlers: ConnectionHandlers, path: Path) {
    this.#clock = clock;
    this.#latency = latency;
    this.#handlers = handlers;
    this.#path = path;
    this.client = {
      write: (bytes) => this.#write(bytes),
      destroy: () => this.#destroy(),
      pause: () => void (this.#clientPaused = true),
      resume: () => {
        this.#clientPaused = false;
        this.pump();
      },
    };
    this.server = {
      write: (bytes) => this.#answer({ kind: 'data', bytes }),
      end: () => this.#answer({ kind: 'fin' }),
      reset: () => this.#answer({ kind: 'rst' }),
      pause: () => void (this.#serverPaused = true),
      resume: () => {
        this.#serverPaused = false;
        this.pump();
      },
    };
  }

  /** Opens both ends `delay` ms from now, unless the device has given up the attempt by then. */
  openAfter(delay: number, serve: () => ServerSocketHandlers): void {
    this.#clock.after(delay, () => {
      if (this.#over) return this.onGone();
      this.#serverHandlers = serve();
      this.#handlers.connected();
      this.pump();
    });
  }

  /** Fails the attempt `delay` ms from now. */
  failAfter(delay: number, reason: string): void {
    this.#clock.after(delay, () => this.#finish(new Error(reason)));
  }

  /** Delivers all segments that can move. */
  pump(): void {
    while (this.#path.reachable && !this.#clientPaused && !this.#over) {
      const segment = this.#toClient.shift();
      if (!segment) break;
      this.#deliver(segment);
    }
    while (this.#flowing && this.#serverHandlers) {
      const segment = this.#toServer.shift();
      if (!segment) break;
      if (segment.kind === 'data') this.#serverHandlers.data(segment.bytes);
      else this.#closeServer();
    }
    if (this.#drainPending && this.#flowing && this.#toServer.length === 0 && !this.#over) {
      this.#drainPending = false;
      this.#backlog = 0;
      this.#handlers.drained();
    }
  }

  get #flowing(): boolean {
    return this.#path.reachable && !this.#serverPaused;
  }

  #deliver(segment: Segment): void {
    if (segment.kind === 'data') {
      this.#handlers.data(segment.bytes);
    } else if (segment.kind === 'rst') {
      this.#closeServer();
      this.#finish(new Error('read ECONNRESET'));
    } else {
      this.#handlers.ended();
    }
  }

  #write(bytes: Buffer): boolean {
    if (this.#over) return true;
    this.#send(this.#toServer, { kind: 'data', bytes: Buffer.from(bytes) });
    this.#backlog = this.#flowing ? 0 : this.#backlog + bytes.length;
    if (this.#backlog <= this.#path.window) return true;
    this.#drainPending = true;
    return false;
  }

  #destroy(): void {
    if (this.#over) return;
    this.#over = true;
    this.#send(this.#toServer, { kind: 'rst' });
  }

  #finish(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#send(this.#toServer, { kind: 'fin' });
    this.#handlers.closed(error);
  }

  #closeServer(): void {
    this.#serverHandlers?.closed();
    this.#serverHandlers = undefined;
    this.onGone();
  }

  #answer(segment: Segment): void {
    this.#send(this.#toClient, segment);
  }

  #send(queue: Segment[], segment: Segment): void {
    this.#clock.after(this.#latency, () => {
      queue.push(segment);
      this.pump();
    });
  }
}
