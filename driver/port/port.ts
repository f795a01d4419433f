import type { EspAtError } from '../errors';

/** What a port tells its user. Given once, when it is opened, so that no listener can be left behind. */
export interface PortHandlers {
  /** Bytes from the device, in order, cut anywhere. The chunk belongs to the receiver. */
  data(chunk: Buffer): void;
  /** The port went away by itself; called at most once, never after {@link Port.close}. */
  lost(error: EspAtError): void;
}

/** An open byte stream to a device. */
export interface Port {
  /**
   * Hands bytes to the operating system, in order. Never waits.
   * @throws EspAtError `PORT_CLOSED` once the port is closed or lost: nothing is kept for later.
   */
  write(bytes: Uint8Array): void;
  /** Bytes given to {@link write} that have not been handed on yet. */
  readonly pendingBytes: number;
  /** Changes the line's rate in bits a second; absent where there is no line (TCP). */
  setRate?(rate: number): Promise<void>;
  /** Pulls the device's reset (EN) low by RTS for a moment; absent where there is no such line. */
  reset?(): Promise<void>;
  /** Closes it; settles when the port is free for others. Never rejects; may be called again. */
  close(): Promise<void>;
}

/** Opens ports at one address, again and again. */
export interface PortOpener {
  /** As the user wrote it; for messages. */
  readonly address: string;
  /** The rate in bits a second at which it opens; undefined where there is no line (TCP). */
  readonly rate?: number;
  /** The rate of a line beyond it that cannot be set from here, a bridge's, in bits a second; where known. */
  readonly bridgedRate?: number;
  /**
   * @param rate overrides {@link rate}, in bits a second
   * @throws EspAtError `PORT_NOT_FOUND`, `PORT_PERMISSION`, `PORT_BUSY`, `PORT_UNREACHABLE`, `PORT_FAILED`
   */
  open(handlers: PortHandlers, rate?: number): Promise<Port>;
}
