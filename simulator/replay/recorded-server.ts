import type { Connection, ConnectionHandlers } from '../network/network';
import { readFrame, type ReceivedFrame } from '../websocket/frame-codec';
import { acceptFor } from '../websocket/handshake';
import { bytesOf, frameText, requestText, type ServerAct, type Observation } from './recording';
import type { VirtualClock } from './virtual-clock';

/** Latency of a segment, each way. */
export const LATENCY_MS = 0.3;

type Segment = Buffer | 'FIN' | 'RST';

/**
 * One connection of the recorded server. It acts only by `perform`, and reports each request, frame and FIN that it
 * receives.
 */
export class RecordedConnection {
  /** The device's end. */
  readonly device: Connection;
  readonly #clock: VirtualClock;
  readonly #handlers: ConnectionHandlers;
  readonly #report: (observation: Observation) => void;
  /** The name in the client's certificate. */
  readonly #clientName: string | undefined;
  readonly #toDevice: Segment[] = [];
  readonly #inFlight: Segment[] = [];
  readonly #unread: Segment[] = [];
  #received: Buffer = Buffer.alloc(0);
  #key: string | undefined;
  /** Whether the device has ended its side, or got `closed`. */
  #over = false;
  /** Whether the server has closed its socket, so that it answers further bytes with RST. */
  #destroyed = false;
  #paused = false;
  #devicePaused = false;
  #blocked = false;
  /** Count of bytes that a paused connection still takes before it blocks. */
  receiveBuffer = Infinity;
  /** Whether segments stop in both directions. */
  #frozen = false;

  constructor(
    clock: VirtualClock,
    handlers: ConnectionHandlers,
    report: (observation: Observation) => void,
    clientName: string | undefined,
  ) {
    this.#clock = clock;
    this.#handlers = handlers;
    this.#report = report;
    this.#clientName = clientName;
    this.device = {
      write: (bytes) => this.#written(bytes),
      destroy: () => this.#leave('FIN'),
      reset: () => this.#leave('RST'),
      pause: () => void (this.#devicePaused = true),
      resume: () => {
        this.#devicePaused = false;
        this.#deliver();
      },
    };
  }

  /** Stops the segments in both directions, or lets them continue. */
  freeze(frozen: boolean): void {
    this.#frozen = frozen;
    if (frozen) return;
    this.#deliver();
    for (const segment of this.#inFlight.splice(0)) this.#arrive(segment);
  }

  perform(act: ServerAct): void {
    switch (act.kind) {
      case 'accept':
        this.#send(Buffer.concat([this.#withKey(act.head), act.tail]));
        return;
      case 'write':
        this.#send(this.#withKey(act.bytes));
        return;
      case 'end':
        this.#send('FIN');
        return;
      case 'destroy':
        this.#destroyed = true;
        this.#send('FIN');
        return;
      case 'reset':
        this.#send('RST');
        return;
      case 'pause':
        this.#paused = true;
        return;
      case 'resume':
        this.#paused = false;
        for (const segment of this.#unread.splice(0)) this.#read(segment);
        if (this.#blocked) this.#handlers.drained();
        this.#blocked = false;
        return;
    }
  }

  #withKey(head: Buffer): Buffer {
    if (!head.includes('{accept}')) return head;
    return bytesOf(head.toString('latin1').replace('{accept}', acceptFor(String(this.#key))));
  }

  #send(segment: Segment): void {
    this.#clock.after(LATENCY_MS, () => {
      this.#toDevice.push(segment);
      this.#deliver();
    });
  }

  #deliver(): void {
    while (!this.#devicePaused && !this.#frozen && !this.#over) {
      const segment = this.#toDevice.shift();
      if (segment === undefined) return;
      if (segment === 'RST') this.#finish(new Error('read ECONNRESET'));
      else if (segment === 'FIN') this.#handlers.ended();
      else this.#handlers.data(segment);
    }
  }

  #finish(error: Error): void {
    this.#over = true;
    this.#handlers.closed(error);
  }

  #written(bytes: Buffer): boolean {
    if (this.#over) return true;
    const copy = Buffer.from(bytes);
    this.#clock.after(LATENCY_MS, () => this.#arrive(copy));
    if (!this.#paused) return true;
    this.receiveBuffer -= bytes.length;
    this.#blocked = this.receiveBuffer < 0;
    return !this.#blocked;
  }

  #leave(segment: 'FIN' | 'RST'): void {
    if (this.#over) return;
    this.#over = true;
    this.#clock.after(LATENCY_MS, () => this.#arrive(segment));
  }

  #arrive(segment: Segment): void {
    if (this.#frozen) this.#inFlight.push(segment);
    else if (this.#destroyed && segment !== 'FIN') this.#send('RST');
    else if (this.#paused && segment !== 'FIN') this.#unread.push(segment);
    else this.#read(segment);
  }

  #read(segment: Segment): void {
    if (segment === 'RST') return;
    if (segment === 'FIN') {
      this.#readRest();
      this.#report({ kind: 'ended', text: 'FIN' });
      return;
    }
    this.#received = Buffer.concat([this.#received, segment]);
    if (this.#key === undefined) this.#readRequest();
    if (this.#key !== undefined) this.#readFrames();
  }

  #readRequest(): void {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#received.toString('latin1', 0, end + 4);
    this.#received = this.#received.subarray(end + 4);
    this.#key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(head)?.[1] ?? '';
    this.#report({ kind: 'request', text: requestText(head, this.#clientName) });
  }

  #readFrames(): void {
    for (let frame = readFrame(this.#received); frame; frame = readFrame(this.#received)) {
      if (frame.payload.length < frame.length) return;
      this.#received = this.#received.subarray(frame.size);
      this.#report({ kind: 'frame', text: textOf(frame) });
    }
  }

  /** Reports the bytes of an incomplete request or frame at the end of the connection. */
  #readRest(): void {
    if (this.#received.length === 0) return;
    const frame = this.#key === undefined ? undefined : readFrame(this.#received);
    if (frame) this.#report({ kind: 'frame', text: textOf(frame) });
    else this.#report({ kind: 'raw', text: this.#received.toString('latin1') });
    this.#received = Buffer.alloc(0);
  }
}

function textOf({ payload, ...header }: ReceivedFrame): string {
  return frameText({ ...header, payload: payload.toString('latin1') });
}
