import { isUint8Array } from 'node:util/types';
import type { Reason } from '../../error-reasons';
import { EspAtError } from '../../errors';
import { wholeFlaw } from '../../values/whole';

/**
 * How the driver joins received pieces to messages on firmware of class A-C. Class D tells the boundaries: ignored.
 *
 * - `chunk`: each piece as it comes.
 * - `json`: until the pieces are a complete JSON text.
 * - `delimiter`: until this sequence of one byte or more, which is not part of the message.
 * - `idle`: until nothing has come for `idleMs` milliseconds, 1-60,000.
 */
export type Framing =
  | { readonly by: 'chunk' }
  | { readonly by: 'json' }
  | { readonly by: 'delimiter'; readonly delimiter: Buffer }
  | { readonly by: 'idle'; readonly idleMs: number };

/** The options of {@link Link.open} that a receiver needs. */
export interface ReceivingOptions {
  readonly framing?: Framing | undefined;
  readonly maxMessageBytes?: number | undefined;
}

/** Default and maximum of the option `maxMessageBytes`. */
export const DEFAULT_MESSAGE_BYTES = 1024 * 1024;
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
  if (framing !== undefined) checkFraming(framing);
}

/** Checks the types too: the joiner would otherwise fail, or drop every message in silence. */
function checkFraming(framing: Framing | null): void {
  const { by, delimiter, idleMs }: Unchecked = framing ?? {};
  if (by === 'idle') return check('idleMs', idleMs, MAX_IDLE_MS);
  if (by === 'delimiter') {
    if (!isUint8Array(delimiter)) throw invalid('delimiter', 'NOT_BUFFER');
    if (delimiter.length === 0) throw invalid('delimiter', 'EMPTY');
  } else if (by !== 'chunk' && by !== 'json') throw invalid('framing', 'NOT_FRAMING');
}

interface Unchecked {
  readonly by?: unknown;
  readonly delimiter?: unknown;
  readonly idleMs?: unknown;
}

function invalid(setting: string, reason: Reason): EspAtError {
  return new EspAtError('INVALID_CONFIG', { setting, reason });
}

function check(setting: string, value: unknown, max: number): void {
  const flaw = wholeFlaw(value, 1, max);
  if (flaw) throw new EspAtError('INVALID_CONFIG', { setting, ...flaw });
}
