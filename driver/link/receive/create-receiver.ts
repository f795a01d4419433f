import { ChunkJoiner } from './chunk-joiner';
import { FramingGuard } from './framing-guard';
import type { LinkReceiver, MessageSink, ReceiverContext } from './link-receiver';
import { MessageAssembler } from './message-assembler';
import { DEFAULT_MESSAGE_BYTES, type ReceivingOptions } from './options';
import { PauseMarker } from './pause-marker';

/**
 * Creates the receiver of one connection: a message assembler (class D), or a chunk joiner (classes A-C), with a framing
 * guard where the firmware may lose its place in the server's frames. A pause marker comes first where the joiner may find a stalled frame.
 */
export function createReceiver(
  context: ReceiverContext,
  { maxMessageBytes = DEFAULT_MESSAGE_BYTES, framing = { by: 'chunk' } }: ReceivingOptions,
  sink: MessageSink,
): LinkReceiver {
  const { link, clock, capabilities } = context;
  if (capabilities.fragments) return new MessageAssembler(link, maxMessageBytes, clock, sink);
  const joiner = new ChunkJoiner(link, framing, maxMessageBytes, clock, sink);
  const receiver = capabilities.losesFraming ? new FramingGuard(context, joiner, sink) : joiner;
  return framing.by === 'chunk' ? receiver : new PauseMarker(clock, receiver);
}
