/** The three links a device has (`AT+WSOPEN`). */
export type LinkId = 0 | 1 | 2;

/** A chunk of received data: one `+WS_DATA` report. */
export interface DataFrame {
  readonly kind: 'data';
  readonly link: LinkId;
  /** RFC 6455 opcode; only in the long format (class D, `AT+WSDATAFMT=link,0,55`). */
  readonly opcode?: number;
  /** Whether the WebSocket frame this chunk is of ends its message; only in the long format. */
  readonly fin?: boolean;
  /** Length in bytes of the whole WebSocket frame this chunk is of; only in the long format. */
  readonly payloadLength?: number;
  /** The chunk. Binary; may be a view into the chunk that came from the port. */
  readonly bytes: Buffer;
}

/** A line without its CR LF, one character a byte (latin1). Never empty. */
export interface LineFrame {
  readonly kind: 'line';
  readonly text: string;
}

/** `\r\nOK\r\n\r\n>`: the device waits for a payload. The `OK` before it comes as a line of its own. */
export interface PromptFrame {
  readonly kind: 'prompt';
}

/** Bytes that cannot be part of anything the device says. */
export interface GarbageFrame {
  readonly kind: 'garbage';
  /**
   * - `length`: no CR LF after the announced number of data bytes: bytes were lost or inserted.
   * - `header`: a `+WS_DATA:` whose fields cannot be (link 3, length over the limit …).
   * - `overflow`: a line longer than the limit.
   * - `cut`: a line or data whose end has not come, see {@link Framer.abandon}.
   */
  readonly reason: 'length' | 'header' | 'overflow' | 'cut';
  /** How many bytes were given up. */
  readonly length: number;
}

/** What the framer makes of the byte stream. */
export type Frame = LineFrame | PromptFrame | DataFrame | GarbageFrame;

/**
 * How a link's `+WS_DATA` reports look: `short` is `link,len,` (power-up default of every class),
 * `long` is `link,opcode,fin,payload_len,data_len,` (after `AT+WSDATAFMT=link,0,55`). Both end in CR LF.
 */
export type DataFormat = 'short' | 'long';

/** The port as the client writes to it. */
export interface PortWriter {
  write(bytes: Uint8Array): void;
  /** Bytes written that have not left yet. */
  readonly pendingBytes: number;
  /** Bits per second; undefined where it is not known. */
  readonly rate: number | undefined;
}
