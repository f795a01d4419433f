import type { EspAtError } from '../errors';

/** Options of a serial port. A bridge (`tcp://`) uses only the rate, to know how long bytes take behind it. */
export interface PortOptions {
  /** Bits a second, 80 to 5000000; 0 for a bridge whose rate is unknown. */
  readonly rate: number;
  /** Sets DTR after opening; absent: the operating system's default. */
  readonly dtr?: boolean | undefined;
  /** Sets RTS after opening; absent: the operating system's default. */
  readonly rts?: boolean | undefined;
}

/** Callbacks of a port, set when it opens: no listener can leak. */
export interface PortHandlers {
  /** Receives bytes of the device in order, cut anywhere. The receiver owns the chunk. */
  data(chunk: Buffer): void;
  /** The port is lost. Called at most once, never after {@link Port.close}. */
  lost(error: EspAtError): void;
}

/** An open byte stream to a device. */
export interface Port {
  /**
   * Hands bytes to the operating system, in order. Never waits. Drops them while {@link setFlowControl} runs.
   * @throws EspAtError `PORT_CLOSED` once the port is closed or lost: it keeps nothing for later
   */
  write(bytes: Uint8Array): void;
  /** Bytes of {@link write} that the operating system has not taken yet. */
  readonly pendingBytes: number;
  /** Changes the baud rate, in bits a second; absent where the port has none (TCP). */
  setRate?(rate: number): Promise<void>;
  /** Whether the other end holds CTS active; absent, or rejects, where the port has no such line (TCP, ptys). */
  readCts?(): Promise<boolean>;
  /**
   * Uses RTS and CTS at this end or not; absent where the port cannot change that. May open the port anew: until it settles,
   * the port drops bytes that it has not written yet, and {@link setRate} must not be called.
   */
  setFlowControl?(on: boolean): Promise<void>;
  /** Pulses the device's reset (EN) low by RTS; absent without an RTS to use (TCP, flow control). */
  reset?(): Promise<void>;
  /** Closes the port, and settles when it is free for others. Never rejects. Later calls return the same. */
  close(): Promise<void>;
}

/** How a device opens its port, beside the options of the user. */
export interface PortOpenOptions {
  /** RTS/CTS at this end; without effect where the port has no such lines (TCP). */
  readonly flowControl: boolean;
}

/** Opens ports at one address, again and again. */
export interface PortOpener {
  /** The address as the user wrote it, for messages. */
  readonly address: string;
  /** Baud rate when it opens, in bits a second; undefined where the port has none (TCP). */
  readonly rate?: number | undefined;
  /** Fixed baud rate of the serial port behind a bridge, in bits a second, where known. */
  readonly bridgedRate?: number | undefined;
  /**
   * Opens the port.
   * @throws EspAtError `PORT_NOT_FOUND`, `PORT_PERMISSION`, `PORT_BUSY`, `PORT_UNREACHABLE`, `PORT_FAILED`
   */
  open(handlers: PortHandlers, settings: PortOpenOptions): Promise<Port>;
}
