import type { Command } from '../../at/command';
import type { LinkId } from '../../at/types';
import { wssend } from '../../commands/wssend';
import { EspAtError } from '../../errors';
import type { SendOptions } from '../options';
import type { Capabilities } from '../../commands/capabilities';

/** Opcode of a continuation frame (RFC 6455, section 5.4). */
const CONTINUATION = 0;

/**
 * Returns the commands that send a message on this firmware: one where it fits, otherwise one for each fragment. A
 * fragmented message ends with an empty frame, because the firmware loses the payload of a final continuation.
 * @param bufferBytes buffer size of the link
 * @throws EspAtError `FRAGMENTS_NOT_SUPPORTED`, `PAYLOAD_TOO_LONG`, `EMPTY_NOT_SUPPORTED`, all `not-sent`
 */
export function sendCommands(
  link: LinkId,
  bytes: Uint8Array,
  { opcode = 1, fin = true, timeoutMs }: SendOptions,
  { fragments, misframes, maxSend }: Pick<Capabilities, 'fragments' | 'misframes' | 'maxSend'>,
  bufferBytes: number,
): Command[] {
  const { length } = bytes;
  // Firmware that misframes corrupts a message longer than the buffer of the link.
  const limit = misframes ? Math.min(bufferBytes, maxSend) : maxSend;
  if (!fragments) {
    const outcome = 'not-sent';
    // There is no message to continue: a server treats a continuation as an error.
    if (!fin || opcode === CONTINUATION)
      throw new EspAtError('FRAGMENTS_NOT_SUPPORTED', {}, { outcome });
    if (length === 0) throw new EspAtError('EMPTY_NOT_SUPPORTED', {}, { outcome });
    if (length > limit) throw new EspAtError('PAYLOAD_TOO_LONG', { length, limit }, { outcome });
    return [wssend(link, bytes, { opcode, timeoutMs })];
  }
  const losesPayload = opcode === CONTINUATION && fin && length > 0;
  if (length <= limit && !losesPayload) return [wssend(link, bytes, { opcode, timeoutMs, fin })];
  const commands: Command[] = [];
  for (let start = 0; start < length; start += limit) {
    const frame = { opcode: start === 0 ? opcode : CONTINUATION, timeoutMs, fin: false };
    commands.push(wssend(link, bytes.subarray(start, start + limit), frame));
  }
  if (fin) commands.push(wssend(link, bytes.subarray(length), { opcode: CONTINUATION, timeoutMs }));
  return commands;
}
