import type { DataChunk, DataReceiver, LinkId } from '../../at/types';
import type { Clock } from '../../clock';
import type { Capabilities } from '../../commands/capabilities';
import type { EspAtError } from '../../errors';

/** A chunk as one receiver passes it on to the next. */
export interface MarkedChunk extends DataChunk {
  /** Set on an empty chunk after a pause in which a frame may have stalled. */
  readonly afterPause?: boolean;
}

/** Receives the data of a connection. */
export interface LinkReceiver extends DataReceiver {
  push(chunk: MarkedChunk): void;
  /** Whether no message has begun. */
  readonly isEmpty: boolean;
  /** The connection has ended. */
  end(): void;
}

/** Receives the messages of a connection. */
export interface MessageSink {
  /** @param opcode 1 text, 2 binary; undefined where the firmware does not tell */
  message(opcode: 1 | 2 | undefined, bytes: Buffer): void;
  /** A message is lost, corrupt, incomplete or too large; the next one is whole. */
  failed(error: EspAtError): void;
  /** The message boundaries are lost until the link reconnects. */
  unrecoverable(error: EspAtError): void;
}

/** The connection of a receiver. */
export interface ReceiverContext {
  readonly link: LinkId;
  readonly clock: Clock;
  readonly capabilities: Pick<Capabilities, 'fragments' | 'losesFraming'>;
  /**
   * Pings the server; rejects where the device refuses it, or its result code is lost.
   * @param onStart called once the command leaves the command queue
   */
  readonly ping: (onStart: () => void) => Promise<unknown>;
}
