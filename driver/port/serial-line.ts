/** The members of the serial binding's open port that this package uses; see `@serialport/bindings-interface`. */
export interface SerialLine {
  read(buffer: Buffer, offset: number, length: number): Promise<{ readonly bytesRead: number }>;
  write(buffer: Buffer): Promise<void>;
  update(options: { readonly baudRate: number }): Promise<void>;
  set(flags: SerialFlags): Promise<void>;
  get(): Promise<{ readonly cts: boolean }>;
  flush(): Promise<void>;
  getBaudRate(): Promise<unknown>;
  close(): Promise<void>;
}

/** All members are required: the binding resets omitted ones. */
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
  }): Promise<SerialLine>;
}
