import type {
  Connection,
  ConnectionHandlers,
  ConnectionTarget,
  Network,
} from '../../../simulator/network/network';
import { MemoryPipe } from './memory-pipe';
import { handshake } from '../../../simulator/replay/tls-handshake';
import type { TlsSide } from './memory-tls';
import type { ServerClock, WsServer } from './ws-server';

/** What becomes of a connection attempt. */
export type Route =
  /** Reaches a server; with `tls`, by the in-memory stand-in for TLS. */
  | { readonly kind: 'server'; readonly server: WsServer; readonly tls?: TlsSide }
  /** RST in answer to the SYN. */
  | { readonly kind: 'refused' }
  /** The SYN is lost: nothing ever comes back. */
  | { readonly kind: 'unroutable' }
  /** The name server says that there is no such name. */
  | { readonly kind: 'no-name' };

export interface MemoryNetworkOptions {
  readonly clock: ServerClock;
  /** Decides about every connection attempt. */
  readonly route: (target: ConnectionTarget) => Route;
  /** Milliseconds a segment is on its way. Default 0.3. */
  readonly latency?: number;
}

/** How long a name server takes to say that there is no such name, in milliseconds. */
const NAME_ANSWER = 30;
/** What a TLS handshake takes on an ESP32 class CPU at least, in milliseconds. */
const HANDSHAKE = 60;

/**
 * A network without sockets: connections between a simulated device and {@link WsServer}s, timed by
 * an injected clock, so that hours of waiting pass at once and always alike.
 */
export class MemoryNetwork implements Network {
  readonly #options: MemoryNetworkOptions;
  readonly #pipes = new Set<MemoryPipe>();
  /** How many bytes a server that does not read can still be sent: the buffers on the way. */
  window = 0;
  #reachable = true;

  constructor(options: MemoryNetworkOptions) {
    this.#options = options;
  }

  /** False turns the network into a black hole: nothing arrives, nothing is refused. */
  set reachable(value: boolean) {
    this.#reachable = value;
    if (value) for (const pipe of this.#pipes) pipe.pump();
  }

  get reachable(): boolean {
    return this.#reachable;
  }

  /** Connections that neither side has ended. */
  get size(): number {
    return this.#pipes.size;
  }

  connect(target: ConnectionTarget, handlers: ConnectionHandlers): Connection {
    const { clock, latency = 0.3 } = this.#options;
    const pipe = new MemoryPipe(clock, latency, handlers, this);
    const route = this.#reachable ? this.#options.route(target) : { kind: 'unroutable' as const };
    switch (route.kind) {
      case 'server':
        this.#enter(pipe, route.server, target, route.tls);
        break;
      case 'refused':
        pipe.failAfter(latency, 'connect ECONNREFUSED');
        break;
      case 'no-name':
        pipe.failAfter(NAME_ANSWER, `getaddrinfo ENOTFOUND ${target.host}`);
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
    tls: TlsSide | undefined,
  ): void {
    const { latency = 0.3 } = this.#options;
    this.#pipes.add(pipe);
    pipe.onGone = () => void this.#pipes.delete(pipe);
    if (!target.tls) {
      pipe.openAfter(latency, () => server.serve(pipe.server));
      return;
    }
    const verdict = tls ? handshake(target.tls, tls) : { failed: 'no TLS on this port' };
    if ('failed' in verdict) {
      tls?.onFailure?.(verdict.failed);
      pipe.failAfter(latency, verdict.failed);
      return;
    }
    pipe.openAfter(HANDSHAKE, () => server.serve(pipe.server, verdict.clientName));
  }
}
