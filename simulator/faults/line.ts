import {
  defaultUartSettings,
  type Uart,
  type UartEnds,
  type UartFactory,
  type UartSettings,
} from '../serial/uart';
import { Overlap } from './overlap';
import { Wire, type DeviceWrite } from './wire';
import type { Direction } from '../serial/direction';

/** The serial line of a device, with a {@link Wire} in each direction for faults. */
export class FaultyLine {
  /** The device's `uart` option. */
  readonly factory: UartFactory;
  readonly #wires: Readonly<Record<Direction, Wire>>;
  /** While there is one, the cable is unplugged. */
  readonly unplugs = new Overlap<true>();
  /** The device's writes that are still under way. */
  #writes: DeviceWrite[] = [];
  #ends: UartEnds | undefined;
  #uart: Uart | undefined;
  #rate = defaultUartSettings.rate;
  readonly #holds = new Set<object>();
  #idleWaiters: { readonly direction: Direction; readonly call: () => void }[] = [];

  /** @param inner the line between the two ends, such as a paced one */
  constructor(inner: UartFactory) {
    this.#wires = {
      'to-host': new Wire(
        (bytes) => this.#ends?.toHost(bytes),
        (offset) => this.#writes.find(({ chunk, start }) => offset < start + chunk.length),
      ),
      'to-device': new Wire(
        (bytes) => this.#ends?.toDevice(bytes),
        () => undefined,
      ),
    };
    this.factory = (ends) => this.#join(inner, ends);
  }

  /** The device's rate, in bits a second, also on a line where bytes take no time. */
  get rate(): number {
    return this.#rate;
  }

  wire(direction: Direction): Wire {
    return this.#wires[direction];
  }

  /** Stops the device's output, as by flow control, until the returned function is called. */
  hold(): () => void {
    const token = {};
    this.#hold(token);
    return () => this.#release(token);
  }

  /** Drops output that has not reached the host. */
  discard(): void {
    this.#writes = [];
    this.#wires['to-host'].discard();
    this.#uart?.discard();
  }

  /**
   * Calls `call` once no byte is under way in that direction: now, or when the last one arrives. Bytes that a restart
   * drops never arrive: then `call` waits for later ones. Returns a function that cancels it.
   */
  whenIdle(direction: Direction, call: () => void): () => void {
    if (this.#isIdle(direction)) {
      call();
      return () => undefined;
    }
    const waiter = { direction, call };
    this.#idleWaiters.push(waiter);
    return () => {
      this.#idleWaiters = this.#idleWaiters.filter((other) => other !== waiter);
    };
  }

  #join(inner: UartFactory, ends: UartEnds): Uart {
    const uart = inner({
      ...ends,
      toDevice: (piece) => {
        this.#wires['to-device'].pass(piece);
        this.#callIdleWaiters('to-device');
      },
      toHost: (bytes) => {
        this.#wires['to-host'].pass(bytes);
        this.#callIdleWaiters('to-host');
      },
    });
    this.#ends = ends;
    this.#uart = uart;
    const owner = {};
    return {
      get full() {
        return uart.full;
      },
      get queuedToHost() {
        return uart.queuedToHost;
      },
      get queuedToDevice() {
        return uart.queuedToDevice;
      },
      transmit: (bytes) => {
        this.#noteWrite(bytes, uart);
        uart.transmit(bytes);
      },
      receive: (bytes) => uart.receive(bytes),
      hold: () => this.#hold(owner),
      release: () => this.#release(owner),
      configure: (settings: UartSettings) => {
        this.#rate = settings.rate;
        uart.configure(settings);
      },
      discard: () => this.discard(),
      restarted: () => {
        if (!uart.restarted) return;
        this.#writes = [];
        uart.restarted();
      },
      reset: () => {
        this.#writes = [];
        uart.reset();
      },
    };
  }

  #noteWrite(chunk: Buffer, uart: Uart): void {
    const wire = this.#wires['to-host'];
    const ahead = wire.remaining + uart.queuedToHost;
    if (ahead === 0) this.#writes = [];
    for (;;) {
      const first = this.#writes[0];
      if (!first || first.start + first.chunk.length > wire.offset) break;
      this.#writes.shift();
    }
    this.#writes.push({ chunk, start: wire.offset + ahead });
  }

  #isIdle(direction: Direction): boolean {
    const queued = direction === 'to-host' ? this.#uart?.queuedToHost : this.#uart?.queuedToDevice;
    return queued === 0 && this.#wires[direction].remaining === 0;
  }

  #callIdleWaiters(direction: Direction): void {
    if (this.#idleWaiters.length === 0 || !this.#isIdle(direction)) return;
    const called = this.#idleWaiters.filter((waiter) => waiter.direction === direction);
    this.#idleWaiters = this.#idleWaiters.filter((waiter) => waiter.direction !== direction);
    for (const { call } of called) call();
  }

  #hold(token: object): void {
    this.#holds.add(token);
    this.#uart?.hold();
  }

  #release(token: object): void {
    if (this.#holds.delete(token) && this.#holds.size === 0) this.#uart?.release();
  }
}
