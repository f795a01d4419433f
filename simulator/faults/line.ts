import type { Uart, UartEnds, UartFactory, UartSettings } from '../serial/uart';
import type { Direction } from './direction';
import { Wire } from './wire';

/** The serial line of a device, with a {@link Wire} for each direction on which faults take hold. */
export class FaultyLine {
  /** What to give to the device. */
  readonly factory: UartFactory;
  readonly #wires: Readonly<Record<Direction, Wire>>;
  /** What the device said, piece by piece, as far as it is on its way. */
  #said: { readonly unit: Buffer; readonly start: number }[] = [];
  #ends: UartEnds | undefined;
  #uart: Uart | undefined;
  readonly #holds = new Set<object>();
  #idle: { readonly direction: Direction; readonly call: () => void }[] = [];

  /** @param inner the line between the two ends, such as a paced one */
  constructor(inner: UartFactory) {
    this.#wires = {
      'to-host': new Wire(
        (bytes) => this.#ends?.toHost(bytes),
        (offset) => this.#said.find(({ unit, start }) => offset < start + unit.length),
      ),
      'to-device': new Wire(
        (bytes) => this.#ends?.toDevice(bytes),
        () => undefined,
      ),
    };
    this.factory = (ends) => this.#join(inner, ends);
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

  /** What the device has said and is not on the wire yet is lost. */
  discard(): void {
    this.#said = [];
    this.#uart?.discard();
  }

  /** Calls `call` once nothing is on its way in that direction. Returns its cancel. */
  whenIdle(direction: Direction, call: () => void): () => void {
    if (this.#isIdle(direction)) {
      call();
      return () => undefined;
    }
    const waiter = { direction, call };
    this.#idle.push(waiter);
    return () => {
      this.#idle = this.#idle.filter((other) => other !== waiter);
    };
  }

  #join(inner: UartFactory, ends: UartEnds): Uart {
    const uart = inner({
      ...ends,
      toDevice: (piece) => {
        this.#wires['to-device'].pass(piece);
        this.#tellIdle('to-device');
      },
      toHost: (bytes) => {
        this.#wires['to-host'].pass(bytes, () => this.discard());
        this.#tellIdle('to-host');
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
        this.#note(bytes, uart);
        uart.transmit(bytes);
      },
      receive: (bytes) => uart.receive(bytes),
      hold: () => this.#hold(owner),
      release: () => this.#release(owner),
      configure: (settings: UartSettings) => uart.configure(settings),
      discard: () => this.discard(),
      crash: () => {
        if (!uart.crash) return;
        this.#said = [];
        uart.crash();
      },
      reset: () => {
        this.#said = [];
        uart.reset();
      },
    };
  }

  #note(unit: Buffer, uart: Uart): void {
    const wire = this.#wires['to-host'];
    const behind = wire.remaining + uart.queuedToHost;
    if (behind === 0) this.#said = [];
    for (;;) {
      const first = this.#said[0];
      if (!first || first.start + first.unit.length > wire.offset) break;
      this.#said.shift();
    }
    this.#said.push({ unit, start: wire.offset + behind });
  }

  #isIdle(direction: Direction): boolean {
    const queued = direction === 'to-host' ? this.#uart?.queuedToHost : this.#uart?.queuedToDevice;
    return queued === 0 && this.#wires[direction].remaining === 0;
  }

  #tellIdle(direction: Direction): void {
    if (this.#idle.length === 0 || !this.#isIdle(direction)) return;
    const told = this.#idle.filter((waiter) => waiter.direction === direction);
    this.#idle = this.#idle.filter((waiter) => waiter.direction !== direction);
    for (const { call } of told) call();
  }

  #hold(token: object): void {
    this.#holds.add(token);
    this.#uart?.hold();
  }

  #release(token: object): void {
    if (this.#holds.delete(token) && this.#holds.size === 0) this.#uart?.release();
  }
}
