import type { Clock } from '../clock';
import type { Connection, ConnectionHandlers, ConnectionTarget, Network } from '../network/network';
import { Gate } from '../network/gate';
import { NetworkPath } from '../network/network-path';
import type { SegmentOptions } from '../network/segmenter';
import { Overlap } from './overlap';

/** A silent server makes the device wait at this many unread bytes. */
const RECEIVE_WINDOW_BYTES = 65_536;
const REFUSAL_DELAY_MS = 1;

/** A network whose servers can be slow or silent, or refuse connections. */
export class FaultyNetwork implements Network {
  readonly #path: NetworkPath;
  readonly #clock: Clock;
  readonly #gates = new Set<Gate>();
  readonly #cutters = new Set<(length: number) => number | undefined>();
  /** Milliseconds by which all output of servers is late. */
  readonly delays = new Overlap<number>();
  /** How to join the segments of servers. */
  readonly joins = new Overlap<Pick<SegmentOptions, 'joinMs'>>();
  /** How to cut the segments of servers. */
  readonly splits = new Overlap<Pick<SegmentOptions, 'splitBytes' | 'splitGapMs'>>();
  /** While there is one, servers refuse connections. */
  readonly refusals = new Overlap<true>();
  /** While there is one, servers neither read nor send. */
  readonly #silences = new Overlap<true>();

  constructor(inner: Network, clock: Clock) {
    this.#clock = clock;
    const options = () => ({
      serverDelayMs: this.delays.newest ?? 0,
      ...this.joins.newest,
      ...this.splits.newest,
    });
    this.#path = new NetworkPath(inner, clock, () => 1, options);
  }

  connect(target: ConnectionTarget, handlers: ConnectionHandlers): Connection {
    let isFirst = true;
    const data = (chunk: Buffer) => {
      const index = isFirst ? undefined : this.#cutAt(chunk.length);
      isFirst = false;
      // The part before the cut still arrives, although the servers are silent by now.
      handlers.data(chunk.subarray(0, index));
      if (index !== undefined) gate.pass(() => handlers.data(chunk.subarray(index)));
    };
    let cancel: () => void = () => undefined;
    const gate: Gate = new Gate({ ...handlers, data }, RECEIVE_WINDOW_BYTES, () => {
      cancel();
      this.#gates.delete(gate);
    });
    if (this.refusals.newest === true) {
      const refuse = () => gate.close(new Error('connect ECONNREFUSED'));
      cancel = this.#clock.after(REFUSAL_DELAY_MS, refuse);
      return gate;
    }
    this.#gates.add(gate);
    gate.setMoving(this.#silences.newest === undefined);
    gate.open((own) => this.#path.connect(target, own));
    return gate;
  }

  /** Makes servers neither read nor send, until the returned function is called. */
  silence(): () => void {
    const end = this.#silences.add(true);
    this.#update();
    return () => {
      end();
      this.#update();
    };
  }

  #update(): void {
    for (const gate of [...this.#gates]) gate.setMoving(this.#silences.newest === undefined);
  }

  get connectionCount(): number {
    return this.#gates.size;
  }

  /** Resets all connections. */
  reset(): void {
    for (const gate of [...this.#gates]) gate.close(new Error('read ECONNRESET'));
  }

  /**
   * Adds a cutter. Each chunk of a server, except the first of a connection (the 101 or its beginning), goes to the
   * cutters in turn, until one returns an index and has called {@link silence}: the device gets the bytes before the
   * index now, the others after the silence. Returns a function that removes the cutter.
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
