import type { SerialBinding, SerialFlags, SerialHandle } from '../../../driver/port/serial-handle';

interface Waiting {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly done: (result: { readonly bytesRead: number }) => void;
  readonly failed: (error: Error) => void;
}

/** A serial binding without hardware: it records its calls, and the test sets their results. */
export class FakeSerial implements SerialBinding, SerialHandle {
  /** The driver's calls, in order. */
  readonly calls: string[] = [];
  readonly written: Buffer[] = [];
  /** Errors of the next calls; undefined: they succeed. */
  openFailure: Error | undefined;
  setFailure: Error | undefined;
  updateFailure: Error | undefined;
  /** CTS of the port. */
  cts = true;
  /** The error of the next `getBaudRate`; undefined: it succeeds. */
  rateFailure: Error | undefined;
  /** While true, writes stay pending until {@link finishWrite}. */
  held = false;
  #reading: Waiting | undefined;
  #finishWrite: ((error?: Error) => void) | undefined;

  open(options: {
    path: string;
    baudRate: number;
    rtscts: boolean;
    hupcl: boolean;
  }): Promise<this> {
    this.calls.push(`open ${options.path} ${options.baudRate} rtscts=${options.rtscts}`);
    return this.openFailure ? Promise.reject(this.openFailure) : Promise.resolve(this);
  }

  read(buffer: Buffer, offset: number): Promise<{ readonly bytesRead: number }> {
    return new Promise((done, failed) => {
      this.#reading = { buffer, offset, done, failed };
    });
  }

  write(buffer: Buffer): Promise<void> {
    this.written.push(Buffer.from(buffer));
    if (!this.held) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#finishWrite = (error) => (error ? reject(error) : resolve());
    });
  }

  update({ baudRate }: { readonly baudRate: number }): Promise<void> {
    this.calls.push(`update ${baudRate}`);
    return this.updateFailure ? Promise.reject(this.updateFailure) : Promise.resolve();
  }

  set({ brk, cts, dsr, dtr, rts }: SerialFlags): Promise<void> {
    const given = { brk, cts, dsr, dtr, rts };
    const raised = Object.entries(given).filter(([, value]) => value);
    this.calls.push(`set ${raised.map(([name]) => name).join('+')}`.trim());
    return this.setFailure ? Promise.reject(this.setFailure) : Promise.resolve();
  }

  get(): Promise<{ readonly cts: boolean }> {
    this.calls.push('get');
    return this.setFailure ? Promise.reject(this.setFailure) : Promise.resolve({ cts: this.cts });
  }

  flush(): Promise<void> {
    this.calls.push('flush');
    return Promise.resolve();
  }

  getBaudRate(): Promise<unknown> {
    this.calls.push('rate?');
    return this.rateFailure ? Promise.reject(this.rateFailure) : Promise.resolve(115_200);
  }

  close(): Promise<void> {
    this.calls.push('close');
    this.#reading?.failed(new Error('Canceled'));
    this.#finishWrite?.(new Error('Canceled'));
    return Promise.resolve();
  }

  /** Delivers bytes from the far end. */
  deliver(bytes: Uint8Array): void {
    const reading = this.#reading;
    if (!reading) throw new Error('the port is not being read');
    this.#reading = undefined;
    reading.buffer.set(bytes, reading.offset);
    reading.done({ bytesRead: bytes.length });
  }

  /** Fails the pending read, as an unplugged adapter does. */
  unplug(): void {
    this.#reading?.failed(new Error('bad file descriptor'));
  }

  finishWrite(error?: Error): void {
    this.#finishWrite?.(error);
  }
}
