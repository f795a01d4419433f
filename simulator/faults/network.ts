import type { Clock } from '../clock';
import type { Connection, ConnectionHandlers, ConnectionTarget, Network } from '../network/network';
import { Overlap } from './overlap';
import { Segmenter, type SegmentOptions } from '../network/segmenter';

/** A slow or silent server makes its peer wait at this many bytes. */
const RECEIVE_WINDOW_BYTES = 65_536;
const REFUSAL_DELAY_MS = 1;

/** A network whose servers can be slow or silent, or refuse connections. */
export class FaultyNetwork implements Network {
  readonly #inner: Network;
  readonly #clock: Clock;
  readonly #connections = new Set<FaultyConnection>();
  readonly #cutters = new Set<(length: number) => number | undefined>();
  /** Milliseconds by which all output of servers is late. */
  readonly delays = new Overlap<number>();
  /** How to join the segments of servers. */
  readonly joins = new Overlap<Pick<SegmentOptions, 'joinMs'>>();
  /** How to cut the segments of servers. */
  readonly splits = new Overlap<Pick<SegmentOptions, 'splitBytes' | 'splitGapMs'>>();
  /** While there is one, servers refuse connections. */
  readonly refusals = new Overlap<true>();
  /** While there is one, the device's network drops every packet. */
  readonly blackHoles = new Overlap<true>();
  /** While there is one, the device is out of reach of its access points. */
  readonly wifiLosses = new Overlap<true>();
  #silences = 0;

  constructor(inner: Network, clock: Clock) {
    this.#inner = inner;
    this.#clock = clock;
  }

  connect(target: ConnectionTarget, handlers: ConnectionHandlers): Connection {
    if (this.refusals.newest === true) return refuse(this.#clock, handlers);
    const connection: FaultyConnection = new FaultyConnection(handlers, {
      clock: this.#clock,
      delay: () => this.delays.newest ?? 0,
      segments: () => ({ ...this.joins.newest, ...this.splits.newest }),
      silent: () => this.#silences > 0,
      cutAt: (length) => this.#cutAt(length),
      ended: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    connection.start((own) => this.#inner.connect(target, own));
    return connection;
  }

  /** Makes servers neither read nor send, until the returned function is called. */
  silence(): () => void {
    this.#silences++;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#silences--;
      if (this.#silences === 0)
        for (const connection of [...this.#connections]) connection.silenceEnded();
    };
  }

  /** Resets all connections. @returns how many there were */
  reset(): number {
    const connections = [...this.#connections];
    for (const connection of connections) connection.resetByServer();
    return connections.length;
  }

  /**
   * Calls `cutter` for each chunk from a server. A cutter that returns an index has silenced the servers: the chunk is cut
   * there, and its rest waits.
   */
  cutData(cutter: (length: number) => number | undefined): () => void {
    this.#cutters.add(cutter);
    return () => void this.#cutters.delete(cutter);
  }

  #cutAt(length: number): number | undefined {
    for (const cutter of this.#cutters) {
      const index = cutter(length);
      if (index !== undefined) return index;
    }
    return undefined;
  }
}

function refuse(clock: Clock, handlers: ConnectionHandlers): Connection {
  const cancel = clock.after(REFUSAL_DELAY_MS, () =>
    handlers.closed(new Error('connect ECONNREFUSED')),
  );
  return {
    write: () => true,
    destroy: cancel,
    pause: () => undefined,
    resume: () => undefined,
  };
}

interface ConnectionContext {
  readonly clock: Clock;
  delay(): number;
  segments(): SegmentOptions;
  silent(): boolean;
  cutAt(length: number): number | undefined;
  ended(): void;
}

/** An event of the server, and when to pass it on. */
interface Arrival {
  readonly at: number;
  readonly length: number;
  pass(): void;
}

class FaultyConnection implements Connection {
  readonly #handlers: ConnectionHandlers;
  readonly #context: ConnectionContext;
  readonly #segmenter: Segmenter;
  #inner: Connection | undefined;
  #arrivals: Arrival[] = [];
  #waiting = 0;
  #unsent: Buffer[] = [];
  #unsentLength = 0;
  #cancelTimer: (() => void) | undefined;
  #pausedByUser = false;
  #pausedByWindow = false;
  /** Count of chunks so far. The first is the server's handshake. */
  #chunks = 0;
  #over = false;

  constructor(handlers: ConnectionHandlers, context: ConnectionContext) {
    this.#handlers = handlers;
    this.#context = context;
    this.#segmenter = new Segmenter(
      context.clock,
      () => context.segments(),
      (chunk) => {
        this.#received(chunk);
      },
    );
  }

  start(connect: (handlers: ConnectionHandlers) => Connection): void {
    const handlers = this.#handlers;
    const segmenter = this.#segmenter;
    this.#inner = connect({
      connected: () => this.#arrive(0, () => handlers.connected()),
      data: (chunk) => segmenter.data(chunk),
      drained: () => this.#arrive(0, () => handlers.drained()),
      ended: () => segmenter.inOrder(() => this.#arrive(0, () => handlers.ended())),
      closed: (error) => segmenter.inOrder(() => this.#arrive(0, () => this.#finish(error))),
    });
  }

  write(bytes: Buffer): boolean {
    if (!this.#context.silent() && this.#unsent.length === 0) {
      return this.#inner?.write(bytes) ?? true;
    }
    this.#unsent.push(bytes);
    this.#unsentLength += bytes.length;
    return this.#unsentLength < RECEIVE_WINDOW_BYTES;
  }

  destroy(): void {
    this.#end();
    this.#inner?.destroy();
  }

  /** Ends the connection with RST from the device. */
  reset(): void {
    this.#end();
    if (this.#inner?.reset) this.#inner.reset();
    else this.#inner?.destroy();
  }

  pause(): void {
    this.#pausedByUser = true;
    this.#inner?.pause();
  }

  resume(): void {
    this.#pausedByUser = false;
    if (!this.#pausedByWindow) this.#inner?.resume();
  }

  resetByServer(): void {
    this.#inner?.destroy();
    this.#finish(new Error('read ECONNRESET'));
  }

  silenceEnded(): void {
    this.#sendUnsent();
    this.#passOn();
  }

  #received(chunk: Buffer): void {
    const handlers = this.#handlers;
    const cuttable = this.#chunks++ > 0 && this.#arrivals.length === 0 && !this.#context.silent();
    const index = cuttable ? this.#context.cutAt(chunk.length) : undefined;
    // The part before the cut still arrives, although the servers are silent by now.
    if (index !== undefined) handlers.data(chunk.subarray(0, index));
    const rest = index === undefined ? chunk : chunk.subarray(index);
    this.#arrive(rest.length, () => handlers.data(rest));
  }

  #arrive(length: number, pass: () => void): void {
    if (this.#over) return;
    const delay = this.#context.delay();
    if (delay === 0 && this.#arrivals.length === 0 && !this.#context.silent()) {
      pass();
      return;
    }
    this.#arrivals.push({ at: this.#context.clock.now() + delay, length, pass });
    this.#waiting += length;
    if (this.#waiting >= RECEIVE_WINDOW_BYTES && !this.#pausedByWindow) {
      this.#pausedByWindow = true;
      this.#inner?.pause();
    }
    this.#arm();
  }

  #arm(): void {
    const [first] = this.#arrivals;
    if (!first || this.#cancelTimer || this.#context.silent()) return;
    const delay = Math.max(0, first.at - this.#context.clock.now());
    this.#cancelTimer = this.#context.clock.after(delay, () => {
      this.#cancelTimer = undefined;
      this.#passOn();
    });
  }

  #passOn(): void {
    const now = this.#context.clock.now();
    for (;;) {
      const [first] = this.#arrivals;
      if (!first || first.at > now || this.#over || this.#context.silent()) break;
      this.#arrivals.shift();
      this.#waiting -= first.length;
      first.pass();
    }
    if (this.#pausedByWindow && this.#waiting < RECEIVE_WINDOW_BYTES / 2) {
      this.#pausedByWindow = false;
      if (!this.#pausedByUser) this.#inner?.resume();
    }
    this.#arm();
  }

  #sendUnsent(): void {
    const unsent = this.#unsent;
    if (unsent.length === 0) return;
    const wasFull = this.#unsentLength >= RECEIVE_WINDOW_BYTES;
    this.#unsent = [];
    this.#unsentLength = 0;
    const room = this.#inner?.write(Buffer.concat(unsent)) ?? true;
    if (wasFull && room) this.#handlers.drained();
  }

  #finish(error: Error | undefined): void {
    if (this.#over) return;
    this.#end();
    this.#handlers.closed(error);
  }

  #end(): void {
    this.#over = true;
    this.#segmenter.end();
    this.#arrivals = [];
    this.#unsent = [];
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#context.ended();
  }
}
