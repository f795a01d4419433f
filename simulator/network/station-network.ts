import { isIP } from 'node:net';
import type { Clock } from '../clock';
import type { DnsAnswer } from '../device/options';
import type { Connection, ConnectionHandlers, ConnectionTarget, Network } from './network';

/** Limit of a TCP or TLS connection attempt. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Limit of a DNS query. */
const DNS_TIMEOUT_MS = 14_000;
const DNS_FAILURE_MS = 30;
/** TCP buffers this much for a task while the network is down. */
const SEND_BUFFER_BYTES = 5_760;

interface StationNetworkContext {
  readonly clock: Clock;
  readonly network: Network;
  readonly dns: Readonly<Record<string, string | DnsAnswer>>;
  online(): boolean;
}

/**
 * The network behind the device's TCP/IP stack, which looks up names and limits the time of attempts. Without Wi-Fi, and
 * in a black hole, connections neither move nor break.
 */
export class StationNetwork implements Network {
  readonly #context: StationNetworkContext;
  readonly #connections = new Set<StationConnection>();
  #blackHole = false;
  #unreachable = false;

  constructor(context: StationNetworkContext) {
    this.#context = context;
  }

  connect(target: ConnectionTarget, handlers: ConnectionHandlers): Connection {
    const connection: StationConnection = new StationConnection(
      {
        ...this.#context,
        passable: () => this.#passable,
        unreachable: () => this.#unreachable,
        done: () => this.#connections.delete(connection),
      },
      target,
      handlers,
    );
    this.#connections.add(connection);
    connection.start();
    return connection;
  }

  /** Whether the network drops all packets although Wi-Fi is up. */
  get blackHole(): boolean {
    return this.#blackHole;
  }

  set blackHole(on: boolean) {
    this.#blackHole = on;
    this.changed();
  }

  /** Whether there is no route: attempts fail at once, connections stand still. */
  get unreachable(): boolean {
    return this.#unreachable;
  }

  set unreachable(on: boolean) {
    this.#unreachable = on;
    this.changed();
  }

  /** Call when `online()` has changed. */
  changed(): void {
    for (const connection of [...this.#connections]) connection.setMoving(this.#passable);
  }

  get #passable(): boolean {
    return this.#context.online() && !this.#blackHole && !this.#unreachable;
  }
}

interface ConnectionContext extends StationNetworkContext {
  passable(): boolean;
  unreachable(): boolean;
  done(): void;
}

class StationConnection implements Connection {
  readonly #context: ConnectionContext;
  readonly #target: ConnectionTarget;
  readonly #handlers: ConnectionHandlers;
  #inner: Connection | undefined;
  #cancelTimer: (() => void) | undefined;
  #over = false;
  #moving = true;
  #paused = false;
  /** Events held back while nothing moves, in order. */
  #held: (() => void)[] = [];
  #unsent: Buffer[] = [];
  #unsentLength = 0;

  constructor(context: ConnectionContext, target: ConnectionTarget, handlers: ConnectionHandlers) {
    this.#context = context;
    this.#target = target;
    this.#handlers = handlers;
  }

  start(): void {
    if (!this.#context.online() || this.#context.unreachable()) {
      this.#failIn(1, 'the device has no network');
      return;
    }
    const { host } = this.#target;
    if (isIP(host) !== 0) {
      this.#connect(host);
      return;
    }
    const { address, delayMs } = lookUp(host, this.#context.dns);
    if (address === 'silent' || delayMs >= DNS_TIMEOUT_MS || !this.#context.passable()) {
      this.#failIn(DNS_TIMEOUT_MS, 'the name was not resolved in time');
    } else if (address === 'fails') this.#failIn(delayMs + DNS_FAILURE_MS, 'there is no such host');
    else if (delayMs === 0) this.#connect(address);
    else this.#cancelTimer = this.#context.clock.after(delayMs, () => this.#connect(address));
  }

  #connect(address: string): void {
    this.#failIn(CONNECT_TIMEOUT_MS, 'the connection was not made in time');
    // In a black hole the attempt times out.
    if (this.#context.passable()) this.#openInner(address);
  }

  write(bytes: Buffer): boolean {
    if (this.#moving) return this.#inner?.write(bytes) ?? true;
    this.#unsent.push(bytes);
    this.#unsentLength += bytes.length;
    return this.#unsentLength < SEND_BUFFER_BYTES;
  }

  destroy(): void {
    this.#leave();
    this.#inner?.destroy();
  }

  reset(): void {
    this.#leave();
    if (this.#inner?.reset) this.#inner.reset();
    else this.#inner?.destroy();
  }

  pause(): void {
    this.#paused = true;
    this.#inner?.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#moving) this.#inner?.resume();
  }

  /** @param moving whether packets get through */
  setMoving(moving: boolean): void {
    if (moving === this.#moving || this.#over) return;
    this.#moving = moving;
    if (!moving) {
      this.#inner?.pause();
      return;
    }
    if (!this.#paused) this.#inner?.resume();
    const held = this.#held;
    this.#held = [];
    for (const event of held) event();
    this.#sendUnsent();
  }

  #sendUnsent(): void {
    const wasFull = this.#unsentLength >= SEND_BUFFER_BYTES;
    const unsent = this.#unsent;
    this.#unsent = [];
    this.#unsentLength = 0;
    let writable = true;
    for (const bytes of unsent) writable = this.#inner?.write(bytes) ?? true;
    if (wasFull && writable && !this.#over) this.#handlers.drained();
  }

  #openInner(host: string): void {
    const handlers = this.#handlers;
    const whenMoving = (event: () => void) => {
      if (this.#over) return;
      if (this.#moving) event();
      else this.#held.push(() => whenMoving(event));
    };
    this.#inner = this.#context.network.connect(
      { ...this.#target, host },
      {
        connected: () =>
          whenMoving(() => {
            this.#cancelTimer?.();
            handlers.connected();
          }),
        data: (chunk) => {
          if (this.#moving && !this.#over) handlers.data(chunk);
          else whenMoving(() => handlers.data(chunk));
        },
        drained: () => whenMoving(() => handlers.drained()),
        ended: () => whenMoving(() => handlers.ended()),
        closed: (error) => whenMoving(() => this.#closed(error)),
      },
    );
  }

  #failIn(delay: number, reason: string): void {
    this.#cancelTimer = this.#context.clock.after(delay, () => {
      this.#inner?.destroy();
      this.#closed(new Error(reason));
    });
  }

  #leave(): void {
    this.#over = true;
    this.#held = [];
    this.#cancelTimer?.();
    this.#context.done();
  }

  #closed(error: Error | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelTimer?.();
    this.#context.done();
    this.#handlers.closed(error);
  }
}

function lookUp(name: string, dns: StationNetworkContext['dns']): DnsAnswer {
  const known = dns[name.toLowerCase()] ?? dns['*'];
  if (typeof known === 'object') return known;
  if (known !== undefined) return { address: known, delayMs: 0 };
  const silent = name.toLowerCase().endsWith('.timeout');
  return { address: silent ? 'silent' : name === 'no.such.host' ? 'fails' : name, delayMs: 0 };
}
