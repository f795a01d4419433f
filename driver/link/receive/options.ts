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
  if (framing?.by === 'idle') check('idleMs', framing.idleMs, MAX_IDLE_MS);
  if (framing?.by === 'delimiter' && framing.delimiter.length === 0)
    throw new EspAtError('INVALID_CONFIG', { setting: 'delimiter', reason: 'EMPTY' });
}

function check(setting: string, value: unknown, max: number): void {
  const flaw = wholeFlaw(value, 1, max);
  if (flaw) throw new EspAtError('INVALID_CONFIG', { setting, ...flaw });
}
