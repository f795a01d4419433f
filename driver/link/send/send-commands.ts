import type { Command } from '../../at/command';
import type { LinkId } from '../../at/types';
import { wssend } from '../../commands/websocket';
import type { Capabilities } from '../../device/options';
import { EspAtError } from '../../errors';
import type { SendOptions } from '../options';
import { CONTINUATION, planSends } from './send-plan';

/**
 * Returns the commands that send a message on this firmware.
 * @param bufferSize the link's buffer, in bytes
 * @throws EspAtError `FRAGMENTS_NOT_SUPPORTED`, `PAYLOAD_TOO_LONG`, `EMPTY_NOT_SUPPORTED`, all `not-sent`
 */
export function sendCommands(
  link: LinkId,
  bytes: Uint8Array,
  options: SendOptions,
  capabilities: Capabilities,
  bufferSize: number,
): Command[] {
  const { opcode = 1, fin = true, timeoutMs } = options;
  const { fragments, misframes } = capabilities;
  const maxSend = misframes ? Math.min(bufferSize, capabilities.maxSend) : capabilities.maxSend;
  // Without fragments there is no message to continue: a server treats a continuation as an error.
  if ((!fin || opcode === CONTINUATION) && !fragments)
    throw new EspAtError('FRAGMENTS_NOT_SUPPORTED', {}, { outcome: 'not-sent' });
  return planSends(bytes.length, { opcode, fin, maxSend, fragments }).map((part) =>
    wssend(link, bytes.subarray(part.start, part.end), {
      opcode: part.opcode,
      timeoutMs,
      fin: fragments ? part.fin : undefined,
    }),
  );
}
