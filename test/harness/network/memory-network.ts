import type {
  Connection,
  ConnectionHandlers,
  ConnectionTarget,
  Network,
} from '../../../simulator/network/network';
import { MemoryPipe } from './memory-pipe';
import { handshake, type HandshakeServer } from '../../../simulator/replay/tls-handshake';
import type { Clock } from '../../../simulator';
import type { WsServer } from './ws-server';

/** The outcome of a connection attempt. */
export type Route =
  /** Reaches a server; with `tls`, through simulated TLS. */
  | { readonly kind: 'server'; readonly server: WsServer; readonly tls?: HandshakeServer }
  /** RST in answer to the SYN. */
  | { readonly kind: 'refused' }
  /** The SYN is lost, without an answer. */
  | { readonly kind: 'unroutable' };

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /** Decides the outcome of each connection attempt. */
  readonly route: (target: ConnectionTarget) => Route;
}

/** Milliseconds that a segment takes. */
const LATENCY_MS = 0.3;
/** Shortest TLS handshake of an ESP32. */
const TLS_HANDSHAKE_MS = 60;

/**
 * A network without sockets: connections between a simulated device and {@link WsServer}s in the time of an injected
 * clock.
 */
export class MemoryNetwork implements Network {
  readonly #options: MemoryNetworkOptions;
  readonly #pipes = new Set<MemoryPipe>();
  /** Count of bytes that the network buffers while the server does not read. */
  window = 0;
  #reachable = true;

  constructor(options: MemoryNetworkOptions) {
    this.#options = options;
  }

  /** False: the network drops all packets, as a black hole does. */
  set reachable(value: boolean) {
    this.#reachable = value;
    if (value) for (const pipe of this.#pipes) pipe.pump();
  }

  get reachable(): boolean {
    return this.#reachable;
  }

  /** Count of connections whose server's end has not ended. */
  get size(): number {
    return this.#pipes.size;
  }

  connect(target: ConnectionTarget, handlers: ConnectionHandlers): Connection {
    const pipe = new MemoryPipe(this.#options.clock, LATENCY_MS, handlers, this);
    const route = this.#reachable ? this.#options.route(target) : { kind: 'unroutable' as const };
    switch (route.kind) {
      case 'server':
        this.#enter(pipe, route.server, target, route.tls);
        break;
      case 'refused':
        pipe.failAfter(LATENCY_MS, 'connect ECONNREFUSED');
        break;
      case 'unroutable':
        break;
    }
    return pipe.client;
  }

  #enter(
    pipe: MemoryPipe,
    server: WsServer,
    target: ConnectionTarget,
    tls: HandshakeServer | undefined,
  ): void {
    const open = (delay: number, clientName?: string) => {
      this.#pipes.add(pipe);
      pipe.onGone = () => void this.#pipes.delete(pipe);
      pipe.openAfter(delay, () => server.serve(pipe.server, clientName));
    };
    if (!target.tls) return open(LATENCY_MS);
    const result = tls ? handshake(target.tls, tls) : { failed: 'no TLS on this port' };
    if ('failed' in result) pipe.failAfter(LATENCY_MS, result.failed);
    else open(TLS_HANDSHAKE_MS, result.clientName);
  }
}
