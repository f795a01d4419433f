import type { DataReceiver, LinkId } from '../../at/types';
import type { Clock } from '../../clock';
import { wholeFlaw } from '../../values/whole';
import { EspAtError } from '../../errors';
import type { OpenOptions } from '../options';
import { MessageAssembler } from './message-assembler';
import { ChunkJoiner } from './chunk-joiner';
import { FramingGuard } from './framing-guard';
import type { Capabilities } from '../../commands/capabilities';

/** Default and maximum of the option `maxMessageBytes`. */
const DEFAULT_MESSAGE_BYTES = 1024 * 1024;
const MAX_MESSAGE_BYTES = 1024 * 1024 * 1024;
/** Maximum of the option `idleMs`. */
const MAX_IDLE_MS = 60_000;

/**
 * Checks the options that concern received messages.
 * @throws EspAtError `INVALID_CONFIG`
 */
export function checkReceiving({
  maxMessageBytes = DEFAULT_MESSAGE_BYTES,
  framing,
}: ReceivingOptions): void {
  check('maxMessageBytes', maxMessageBytes, MAX_MESSAGE_BYTES);
  if (framing?.by === 'idle') check('idleMs', framing.idleMs, MAX_IDLE_MS);
  if (framing?.by === 'delimiter' && framing.delimiter.length === 0)
    throw new EspAtError('INVALID_CONFIG', { setting: 'delimiter', reason: 'EMPTY' });
}

function check(setting: string, value: unknown, max: number): void {
  const flaw = wholeFlaw(value, 1, max);
  if (flaw) throw new EspAtError('INVALID_CONFIG', { setting, ...flaw });
}

type ReceivingOptions = Pick<OpenOptions, 'maxMessageBytes' | 'framing'>;

/** Receives the data of a connection. */
export interface LinkReceiver extends DataReceiver {
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
  /** Pings the server; rejects where the device could not send. */
  readonly ping: () => Promise<unknown>;
}

/**
 * Creates the receiver of one connection: a message assembler (class D), or a chunk joiner (classes A-C), with a framing
 * guard where the firmware may lose the framing.
 */
export function createReceiver(
  context: ReceiverContext,
  { maxMessageBytes = DEFAULT_MESSAGE_BYTES, framing = { by: 'chunk' } }: ReceivingOptions,
  sink: MessageSink,
): LinkReceiver {
  const { link, clock, capabilities } = context;
  if (capabilities.fragments) return new MessageAssembler(link, maxMessageBytes, clock, sink);
  const joiner = new ChunkJoiner(link, framing, maxMessageBytes, clock, sink);
  return capabilities.losesFraming ? new FramingGuard(context, joiner, sink) : joiner;
}
