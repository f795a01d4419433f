import type { DataReceiver, LinkId } from '../../at/types';
import type { Clock } from '../../clock';
import { isWhole, shown } from '../../commands/check';
import { EspAtError } from '../../errors';
import type { OpenOptions } from '../options';
import { MessageAssembler } from './message-assembler';
import { ChunkJoiner } from './chunk-joiner';

/** Bytes a received message may have unless set otherwise, and at most. */
const LARGEST = 1024 * 1024;
const LIMIT = 1024 * 1024 * 1024;
/** Milliseconds of silence that may stand for the end of a message, at most. */
const LONGEST_SILENCE = 60_000;

/**
 * Checks how messages are to be made of what is received.
 * @throws EspAtError `INVALID_CONFIG`
 */
export function checkReceiving({ maxMessageBytes = LARGEST, framing }: ReceivingOptions): void {
  check('maxMessageBytes', maxMessageBytes, LIMIT);
  if (framing?.by === 'idle') check('idleMs', framing.idleMs, LONGEST_SILENCE);
}

function check(setting: string, value: unknown, max: number): void {
  if (isWhole(value, 1, max)) return;
  const details = { setting, reason: 'NOT_WHOLE', value: shown(value), min: 1, max };
  throw new EspAtError('INVALID_CONFIG', details);
}

type ReceivingOptions = Pick<OpenOptions, 'maxMessageBytes' | 'framing'>;

/** Where the messages of a connection go. */
export interface MessageSink {
  /** @param opcode 1 text, 2 binary; undefined where the firmware does not tell */
  message(opcode: 1 | 2 | undefined, bytes: Buffer): void;
  /** A message was lost, corrupt, broken off or too large; what follows is whole again. */
  failed(error: EspAtError): void;
  /** The boundaries of messages are lost: only a new connection brings them back. */
  unrecoverable(error: EspAtError): void;
}

/**
 * Makes messages of what one connection receives, as well as the firmware lets it.
 * @param hasBoundaries whether the firmware tells where messages begin and end, and which are text (class D)
 */
export function createReceiver(
  {
    link,
    clock,
    hasBoundaries,
  }: {
    readonly link: LinkId;
    readonly clock: Clock;
    readonly hasBoundaries: boolean;
  },
  { maxMessageBytes = LARGEST, framing = { by: 'chunk' } }: ReceivingOptions,
  sink: MessageSink,
): DataReceiver {
  return hasBoundaries
    ? new MessageAssembler(link, maxMessageBytes, () => clock.now(), sink)
    : new ChunkJoiner(link, framing, maxMessageBytes, clock, sink);
}
