import { EspAtError, type Port, type PortHandlers, type PortOpener } from '../driver';
import type { PortEventLine, PortRates, PortSnapshot } from '../driver/recorder/lines';
import type { RecordingHeading } from '../driver/recorder/recording';

/** Settles a promise as recorded. */
interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: EspAtError) => void;
}

/** The far end of a port while a recording is prepared. */
interface PreparedEnd {
  write(bytes: Uint8Array): void;
  /** The port at the start of the recording; undefined where unknown. */
  readonly state: PortSnapshot | undefined;
}

/** A port that acts as recorded. Forwards the driver's bytes to its far end. */
export class ReplayPort implements PortOpener {
  readonly address = 'recording';
  rate: number | undefined;
  bridgedRate: number | undefined;
  /** The rate to which the driver has set the port. */
  currentRate: number | undefined;
  /** While set, takes the driver's bytes, and the port answers requests as one that comes to this state. */
  farEnd: PreparedEnd | undefined;
  #handlers: PortHandlers | undefined;
  #opening: { readonly handlers: PortHandlers; readonly settle: Settle<Port> } | undefined;
  /** Pending requests, in order. The value of a CTS request: whether CTS is active. */
  #asked: Settle<boolean>[] = [];
  #closing: (() => void)[] = [];
  #pendingBytes = 0;
  #hasEnded = false;

  constructor({ driver }: RecordingHeading) {
    this.use(driver.port);
  }

  /** Sets the rates, which the driver reads when it gets the port. */
  use({ rate, bridgedRate }: PortRates): void {
    this.rate = rate;
    this.bridgedRate = bridgedRate;
  }

  open(handlers: PortHandlers): Promise<Port> {
    return new Promise((resolve, reject) => {
      this.#opening = { handlers, settle: { resolve, reject } };
    });
  }

  /** Delivers bytes from the device. */
  deliver(bytes: Buffer): void {
    this.#handlers?.data(bytes);
  }

  /** Ends the replay: no recorded line ends a close any more. */
  end(): void {
    this.#hasEnded = true;
    this.act({ port: 'closed' });
  }

  act(line: PortEventLine): void {
    switch (line.port) {
      case 'opened':
        this.#handlers = this.#opening?.handlers;
        this.currentRate = this.rate;
        this.#opening?.settle.resolve(this.#port(line));
        return;
      case 'failed':
        this.#opening?.settle.reject(new EspAtError(line.error, { port: this.address }));
        return;
      case 'lost': {
        const handlers = this.#handlers;
        this.#handlers = undefined;
        handlers?.lost(new EspAtError(line.error, { port: this.address }));
        return;
      }
      case 'closed':
        for (const closed of this.#closing.splice(0)) closed();
        return;
      case 'pending':
        this.#pendingBytes = line.bytes;
        return;
      case 'rateSet':
      case 'resetDone':
      case 'flowControlSet':
        this.#asked.shift()?.resolve(false);
        return;
      case 'ctsRead':
        this.#asked.shift()?.resolve(line.active);
        return;
      case 'rateFailed':
      case 'resetFailed':
      case 'modemLineFailed':
        this.#asked.shift()?.reject(new EspAtError(line.error, { port: this.address }));
    }
  }

  #port(opened: PortEventLine & { readonly port: 'opened' }): Port {
    const { setsRate, resets, readsCts, setsFlowControl } = opened;
    const handlers = this.#handlers;
    const pending = () => this.#pendingBytes;
    const ask = () =>
      new Promise<boolean>((resolve, reject) => {
        if (this.farEnd) resolve(false);
        else this.#asked.push({ resolve, reject });
      });
    const done = async () => {
      await ask();
    };
    const setRate = (to: number) => {
      if (this.#refusesRate(to)) return this.#refusal();
      this.currentRate = to;
      return done();
    };
    const readCts = () => {
      const { state } = this.farEnd ?? {};
      if (state?.flowControl) return Promise.resolve(true);
      // Without modem lines the driver leaves the rate as it is.
      return state && state.baudRate === this.rate ? this.#refusal() : ask();
    };
    return {
      get pendingBytes() {
        return pending();
      },
      write: (bytes) => {
        if (this.#handlers !== handlers) throw new EspAtError('PORT_CLOSED');
        this.farEnd?.write(bytes);
      },
      ...(setsRate && { setRate }),
      ...(resets && { reset: done }),
      ...(readsCts && { readCts }),
      ...(setsFlowControl && { setFlowControl: done }),
      close: () =>
        new Promise((resolve) => {
          this.#handlers = undefined;
          if (this.#hasEnded) resolve();
          else this.#closing.push(resolve);
        }),
    };
  }

  /** Whether the driver would not come to its recorded rate if the port took this one. */
  #refusesRate(to: number): boolean {
    const { baudRate } = this.farEnd?.state ?? {};
    if (baudRate === undefined || to === this.rate) return false;
    return baudRate === this.rate || to > baudRate;
  }

  #refusal(): Promise<never> {
    return Promise.reject(new EspAtError('PORT_FAILED', { port: this.address }));
  }
}
