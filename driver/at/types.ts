import type { EspAtError } from '../errors';
import type { Command, Response } from './command';

/** The three links a device has (`AT+WSOPEN`). */
export type LinkId = 0 | 1 | 2;

/** A chunk of received data: one `+WS_DATA` URC. */
export interface DataChunk {
  readonly kind: 'data';
  readonly link: LinkId;
  /** RFC 6455 opcode; only in the long format (class D, `AT+WSDATAFMT=link,0,55`). */
  readonly opcode?: number;
  /** Whether the WebSocket frame of this chunk ends its message; only in the long format. */
  readonly fin?: boolean | undefined;
  /** Bytes of the whole WebSocket frame of this chunk; only in the long format. */
  readonly payloadLength?: number | undefined;
  /** The data; may be a view into the chunk that the port delivered. */
  readonly bytes: Buffer;
}

/** The parser's output. */
export type Frame =
  /** A line without its CR LF, one character a byte (latin1). Never empty. */
  | { readonly kind: 'line'; readonly text: string }
  /** `\r\nOK\r\n\r\n>`: the device waits for a payload. The `OK` before it comes as a line of its own. */
  | { readonly kind: 'prompt' }
  | DataChunk
  /**
   * Bytes that the device cannot have sent: no CR LF follows the announced number of data bytes, a `+WS_DATA:` has impossible
   * fields (link 3, length over the limit …), a line exceeds the limit, or does not go on (`Parser.abandon`).
   */
  | { readonly kind: 'garbage' };

/**
 * Format of a link's `+WS_DATA`: `short` is `link,len,` (power-up default of every class),
 * `long` is `link,opcode,fin,payload_len,data_len,` (after `AT+WSDATAFMT=link,0,55`). Both end in CR LF.
 */
export type DataFormat = 'short' | 'long';

/**
 * Where the rate of a port comes from.
 * - `start`: the device starts with it.
 * - `negotiated`: the driver has set it, and a restart of the device resets it. `ready` is then garbage, and a device that
 *   sends nothing may be at the rate it starts with.
 * - `found`: the device was at it, or the doctor has climbed to it. Whether a restart resets it is unknown.
 */
export type RateOrigin = 'start' | 'negotiated' | 'found';

/** The port, as the client writes to it. */
export interface PortWriter {
  write(bytes: Uint8Array): void;
  /** Bytes that are written and have not left yet. */
  readonly pendingBytes: number;
  /** Bits a second; undefined where the port does not know. */
  readonly rate: number | undefined;
  /** How many times as long as usual a response may take. Default 1. */
  readonly slowness?: number;
  /** Default `start`. */
  readonly rateOrigin?: RateOrigin;
}

/** Receives the data of one link. */
export interface DataReceiver {
  /** Whether the device may have a connection of the link: then an unknown line may be corrupt data. */
  readonly connected: boolean;
  push(chunk: DataChunk): void;
  /** Data was lost or corrupt before the chunks that follow; of which link is unknown. */
  dataLost(): void;
}

/** Progress of a command, for its sequence or its message. */
export type CommandEvent =
  /** The client writes its line; again when it repeats the command after a resync. */
  | { readonly kind: 'started' }
  | { readonly kind: 'payloadWritten' }
  | { readonly kind: 'succeeded'; readonly response: Response }
  /** The device answered `ERROR` or `SEND FAIL`. */
  | { readonly kind: 'refused'; readonly error: EspAtError }
  /** The final result code is lost, or the device is gone. */
  | { readonly kind: 'failed'; readonly error: EspAtError }
  /** The client does not repeat it after a resync: the connection has ended, or the peer got corrupt data. */
  | { readonly kind: 'notRepeated'; readonly error: EspAtError };

/** The messages of one link. The client pulls from it. */
export interface SendSource {
  readonly link: LinkId;
  /** Returns the next command; undefined while there is nothing to send. */
  peek(): Submission | undefined;
}

/** One command of a message. */
export interface Submission {
  readonly link: LinkId;
  readonly command: Command;
  /** False once the message's connection has ended: then the client does not repeat the command. */
  readonly connectionLives: boolean;
  /** Whether an earlier part of the message has left: then the client does not repeat this part. */
  readonly partlySent: boolean;
  report(event: CommandEvent): void;
}
