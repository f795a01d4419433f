import type { EspAtError } from '../errors';
import type { Command, Response } from './command';

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

/** Takes the data of one link. */
export interface DataReceiver {
  /** Whether the device has, or may have, a connection of the link: an unknown line may be what is left of its data. */
  readonly connected: boolean;
  push(frame: DataFrame): void;
  /** Data of some link was lost or corrupt; what follows comes after a gap. */
  dataLost(): void;
  /** The connection has ended. */
  end(): void;
}

/** What becomes of a command, told to who asked for it. */
export type CommandEvent =
  /** Its line is written; again after a resync, if it is repeated. */
  | { readonly kind: 'started' }
  | { readonly kind: 'payloadWritten' }
  | { readonly kind: 'succeeded'; readonly response: Response }
  /** The device answered `ERROR`. */
  | { readonly kind: 'refused'; readonly error: EspAtError }
  /** Its final result will not be known, or the device is gone. */
  | { readonly kind: 'failed'; readonly error: EspAtError }
  /** It was to be repeated after a resync, but its connection has ended, or the link's peer got corrupt data. */
  | { readonly kind: 'notRepeated'; readonly error: EspAtError };

/** The messages of one link. The client pulls from it. */
export interface SendSource {
  readonly link: LinkId;
  /** What it sends next; undefined while it has nothing to send. */
  peek(): Submission | undefined;
}

/** One command of a message, which the client runs when its turn comes. */
export interface Submission {
  readonly link: LinkId;
  readonly command: Command;
  /** False once the connection that it is for has ended. */
  readonly mayContinue: boolean;
  /** Whether an earlier part of the message has left: then this one is not repeated. */
  readonly partlySent: boolean;
  report(event: CommandEvent): void;
}
