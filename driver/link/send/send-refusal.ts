import type { LinkId } from '../../at/types';
import { DEFAULT_SEND_TIMEOUT_MS } from '../../commands/wssend';
import { EspAtError, type ErrorCode } from '../../errors';

/** Codes of a refused `AT+WSSEND`, before or after the payload. */
const REFUSAL_CODES: readonly ErrorCode[] = ['COMMAND_FAILED', 'SEND_FAILED'];
/** An ERROR before this many milliseconds is no stall: it has another reason than a network that takes no bytes. */
const MIN_STALL_MS = 1000;

/**
 * Derives the reason of a refusal from its delay: the device gives none.
 * @param timeout of the command, in milliseconds
 * @returns `refused`: the link may not be open; `LINK_STALLED`: at its timeout, the network took no bytes; undefined where
 * the device has not refused the message
 */
export function refusalOf(
  link: LinkId,
  { cause }: EspAtError,
  timeout = DEFAULT_SEND_TIMEOUT_MS,
): 'refused' | EspAtError | undefined {
  if (!(cause instanceof EspAtError) || !REFUSAL_CODES.includes(cause.code)) return undefined;
  const waitedMs = Number(cause.details.waitedMs);
  if (waitedMs < Math.max(timeout, MIN_STALL_MS)) return 'refused';
  const seconds = Math.round(waitedMs / 1000);
  return new EspAtError('LINK_STALLED', { link, seconds });
}
