import type { EspAtError } from '../errors';

/** What a port tells its user, who gives it once, when the port opens: no listener can be left behind. */
export interface PortHandlers {
  /** Bytes from the device, in order, cut anywhere. The receiver owns the chunk. */
  data(chunk: Buffer): void;
  /** The port went away. Called at most once, never after {@link Port.close}. */
  lost(error: EspAtError): void;
}

/** An open byte stream to a device. */
export interface Port {
  /**
   * Hands bytes to the operating system, in order. Never waits.
   * @throws EspAtError `PORT_CLOSED` once the port is closed or lost: it keeps nothing for later
   */
  write(bytes: Uint8Array): void;
  /** Bytes given to {@link write} that the operating system has not taken yet. */
  readonly pendingBytes: number;
  /** Changes the baud rate, in bits a second; absent where the port has none (TCP). */
  setRate?(rate: number): Promise<void>;
  /** Pulls the device's reset (EN) low by RTS for a moment; absent where the port has no RTS of its own. */
  reset?(): Promise<void>;
  /** Closes the port, and settles when it is free for others. Never rejects. Later calls return the same. */
  close(): Promise<void>;
}

/** How a device opens its port. */
export interface PortSettings {
  /** RTS/CTS at this end; without effect where the port has no such lines (TCP). */
  readonly flowControl: boolean;
}

/** Opens ports at one address, again and again. */
export interface PortOpener {
  /** As the user wrote it, for messages. */
  readonly address: string;
  /** The baud rate at which it opens, in bits a second; undefined where it has none (TCP). */
  readonly rate?: number;
  /** The baud rate of a serial port behind a bridge, which cannot be set from here, in bits a second; where known. */
  readonly bridgedRate?: number;
  /** @throws EspAtError `PORT_NOT_FOUND`, `PORT_PERMISSION`, `PORT_BUSY`, `PORT_UNREACHABLE`, `PORT_FAILED` */
  open(handlers: PortHandlers, settings: PortSettings): Promise<Port>;
}
