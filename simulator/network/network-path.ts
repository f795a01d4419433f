import type { Clock } from '../clock';
import type { Connection, ConnectionHandlers, ConnectionTarget, Network } from './network';
import type { Random } from '../random';
import { Timers } from '../timers';
import { Segmenter, type SegmentOptions } from './segmenter';

/** The path between the device and its servers. By default bytes take no time. */
export interface NetworkPathOptions extends SegmentOptions {
  /** Milliseconds that a segment takes, each way. */
  readonly latencyMs?: number;
  /** Probability, from 0 to below 1, that a segment is lost. TCP sends it again; the segments behind it wait. */
  readonly loss?: number;
  /** Bits a second, each way: 1 or more. */
  readonly bandwidth?: number;
  /**
   * Milliseconds after which the server acknowledges a lone small segment (RFC 1122, section 4.2.3.2: up to 500; usually
   * 40 or 200). With it, the device writes the header and the payload of a frame apart, as the real client does, under
   * Nagle's algorithm (RFC 896), so that a small message waits for an acknowledgement.
   */
  readonly delayedAckMs?: number;
}

/** TCP sends a lost segment again after this time, then after twice as long, and so on (RFC 6298). */
const RETRANSMISSION_TIMEOUT_MS = 1_000;
/** Bounds the loop of a loss near 1. The last wait is a month long anyway. */
const MAX_RETRANSMISSIONS = 22;
/** Nagle's algorithm never holds back a full segment. */
const MAX_SEGMENT_BYTES = 1_440;

/** The server waits while this many of its bytes are under way, and continues at half of it. */
const WINDOW_BYTES = 65_536;

interface DelayedPathOptions extends NetworkPathOptions {
  /** Milliseconds by which everything from the server is late, beside the latency. */
  readonly serverDelayMs?: number;
}

/** A network with the latency, loss and bandwidth of a real one. */
export class NetworkPath implements Network {
  readonly #inner: Network;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #options: () => DelayedPathOptions;

  /**
   * @param options called for each segment
   * @throws Error `INVALID_OPTION` for a bandwidth or a segment size below 1
   */
  constructor(inner: Network, clock: Clock, random: Random, options: () => DelayedPathOptions) {
    checkPath(options());
    this.#inner = inner;
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
  }

  connect(target: ConnectionTarget, handlers: ConnectionHandlers): Connection {
    const options = this.#options;
    const direction = (optionsNow: () => NetworkPathOptions) =>
      new PathDirection(this.#clock, this.#random, optionsNow);
    // Separate from `up`, because when the device leaves, a SYN in flight is dropped, while data in flight still arrives.
    const syn = direction(options);
    const down = direction(() => {
      const { latencyMs = 0, serverDelayMs = 0, ...others } = options();
      return { ...others, latencyMs: latencyMs + serverDelayMs };
    });
    const up = direction(options);
    const writer = new NagleWriter(this.#clock, up, options, (bytes) => inner.write(bytes));
    let isPaused = false;
    let isFull = false;
    let underWay = 0;
    const segmenter = new Segmenter(this.#clock, options, (chunk) => {
      underWay -= chunk.length;
      writer.acknowledged();
      handlers.data(chunk);
      if (!isFull || underWay > WINDOW_BYTES / 2) return;
      isFull = false;
      if (!isPaused) inner.resume();
    });
    const inner: Connection = this.#inner.connect(target, {
      // SYN and SYN ACK take their time as well.
      connected: () => syn.pass(0, () => down.pass(0, () => handlers.connected())),
      data: (chunk) => {
        underWay += chunk.length;
        down.pass(chunk.length, () => segmenter.data(chunk));
        if (underWay < WINDOW_BYTES) return;
        isFull = true;
        inner.pause();
      },
      drained: () => {
        writer.drained();
        down.pass(0, () => handlers.drained());
      },
      ended: () => down.pass(0, () => segmenter.inOrder(() => handlers.ended())),
      closed: (error) => down.pass(0, () => segmenter.inOrder(() => handlers.closed(error))),
    });
    const leave = (how: () => void) => () => {
      isFull = false;
      syn.end();
      down.end();
      segmenter.end();
      writer.end();
      // Segments on their way to the server arrive now, so that no timer remains.
      up.deliverNow();
      how();
    };
    return {
      write: (bytes) => writer.write(bytes),
      destroy: leave(() => inner.destroy()),
      reset: leave(() => (inner.reset ? inner.reset() : inner.destroy())),
      pause: () => {
        isPaused = true;
        inner.pause();
      },
      resume: () => {
        isPaused = false;
        if (!isFull) inner.resume();
      },
    };
  }
}

/** @throws Error `INVALID_OPTION` for a bandwidth or a segment size below 1 */
export function checkPath(path: NetworkPathOptions): void {
  for (const name of ['bandwidth', 'splitBytes'] as const) {
    const { [name]: value = 1 } = path;
    if (value >= 1) continue;
    const error = new Error(`the option "path.${name}" must be 1 or more`);
    throw Object.assign(error, { code: 'INVALID_OPTION', option: 'path' });
  }
}

/** One direction of a path: segments arrive in order, each in its time. */
class PathDirection {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #options: () => NetworkPathOptions;
  readonly #timers: Timers;
  /** The arrivals of segments in flight, in order. */
  #inFlight: (() => void)[] = [];
  /** When the path can take the next segment, and when the last one arrives. */
  #freeAt = 0;
  #lastArrival = 0;

  constructor(clock: Clock, random: Random, options: () => NetworkPathOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
    this.#timers = new Timers(clock);
  }

  /** Sends a segment of `bytes` bytes; calls `arrive` when it arrives. */
  pass(bytes: number, arrive: () => void): void {
    const { latencyMs = 0, loss = 0, bandwidth = Infinity } = this.#options();
    const now = this.#clock.now();
    this.#freeAt = Math.max(now, this.#freeAt) + (bytes * 8_000) / bandwidth;
    let arrival = this.#freeAt + latencyMs;
    for (let retry = 0; retry < MAX_RETRANSMISSIONS && this.#random() < loss; retry++) {
      arrival += RETRANSMISSION_TIMEOUT_MS * 2 ** retry;
    }
    this.#lastArrival = Math.max(arrival, this.#lastArrival);
    if (this.#lastArrival <= now && this.#inFlight.length === 0) {
      arrive();
      return;
    }
    this.#inFlight.push(arrive);
    // Timers of equal times may fire in any order: each delivers the oldest segment, not its own.
    this.#timers.after(this.#lastArrival - now, () => this.#inFlight.shift()?.());
  }

  /** Delivers the segments in flight now. */
  deliverNow(): void {
    const inFlight = this.#inFlight;
    this.end();
    for (const arrive of inFlight) arrive();
  }

  /** Drops the segments in flight. */
  end(): void {
    this.#timers.cancelAll();
    this.#inFlight = [];
  }
}

/** Sends the device's writes: at once, or under Nagle's algorithm with delayed acknowledgements. */
class NagleWriter {
  readonly #clock: Clock;
  readonly #up: PathDirection;
  readonly #options: () => NetworkPathOptions;
  readonly #send: (bytes: Buffer) => boolean;
  /** Small pieces that wait for an acknowledgement. */
  readonly #held: Buffer[] = [];
  #cancelAck: (() => void) | undefined;
  /** Whether the server has room. */
  #writable = true;
  #upgradeRequestSent = false;

  constructor(
    clock: Clock,
    up: PathDirection,
    options: () => NetworkPathOptions,
    send: (bytes: Buffer) => boolean,
  ) {
    this.#clock = clock;
    this.#up = up;
    this.#options = options;
    this.#send = send;
  }

  write(bytes: Buffer): boolean {
    if (this.#options().delayedAckMs === undefined || !this.#upgradeRequestSent) this.#pass(bytes);
    else for (const part of headerAndPayload(bytes)) this.#push(part);
    this.#upgradeRequestSent = true;
    return this.#writable;
  }

  /** Call when the server has room again. */
  drained(): void {
    this.#writable = true;
  }

  /** Call when the server has acknowledged everything, alone or with data of its own: the pieces that wait leave. */
  acknowledged(): void {
    const held = this.#takeHeld();
    if (held.length > 0) this.#segment(held);
  }

  /** Sends the pieces that wait, as TCP does at FIN, and waits for no acknowledgement. */
  end(): void {
    const held = this.#takeHeld();
    if (held.length > 0) this.#pass(held);
  }

  #takeHeld(): Buffer {
    this.#cancelAck?.();
    this.#cancelAck = undefined;
    return Buffer.concat(this.#held.splice(0));
  }

  #push(part: Buffer): void {
    if (this.#cancelAck === undefined) {
      this.#segment(part);
      return;
    }
    this.#held.push(part);
    const length = this.#held.reduce((sum, { length: each }) => sum + each, 0);
    // Full segments leave at once, and the server acknowledges the second of them at once.
    if (length >= MAX_SEGMENT_BYTES) this.acknowledged();
  }

  #segment(bytes: Buffer): void {
    const { delayedAckMs = 0, latencyMs = 0 } = this.#options();
    this.#pass(bytes);
    const roundTrip = delayedAckMs + 2 * latencyMs;
    this.#cancelAck = this.#clock.after(roundTrip, () => this.acknowledged());
  }

  #pass(bytes: Buffer): void {
    this.#up.pass(bytes.length, () => {
      this.#writable = this.#send(bytes);
    });
  }
}

/** The two writes of a masked frame: its header with the mask, and its payload. */
function headerAndPayload(frame: Buffer): Buffer[] {
  const lengthCode = (frame[1] ?? 0) & 0x7f;
  const header = 6 + (lengthCode === 126 ? 2 : lengthCode === 127 ? 8 : 0);
  const parts = [frame.subarray(0, header), frame.subarray(header)];
  return parts.filter(({ length }) => length > 0);
}
