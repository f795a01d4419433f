/** The members of the serial binding's open port that this package uses; see `@serialport/bindings-interface`. */
export interface SerialHandle {
  read(buffer: Buffer, offset: number, length: number): Promise<{ readonly bytesRead: number }>;
  write(buffer: Buffer): Promise<void>;
  update(options: { readonly baudRate: number }): Promise<void>;
  set(flags: SerialFlags): Promise<void>;
  get(): Promise<{ readonly cts: boolean }>;
  flush(): Promise<void>;
  getBaudRate(): Promise<unknown>;
  close(): Promise<void>;
}

/** Modem lines to set. The binding resets the lines that a call omits, so all are required. */
export interface SerialFlags {
  readonly brk: boolean;
  readonly cts: boolean;
  readonly dsr: boolean;
  readonly dtr: boolean;
  readonly rts: boolean;
}

export interface SerialBinding {
  open(options: {
    path: string;
    baudRate: number;
    rtscts: boolean;
    lock: boolean;
    hupcl: boolean;
  }): Promise<SerialHandle>;
}

export const INACTIVE: SerialFlags = { brk: false, cts: false, dsr: false, dtr: false, rts: false };
