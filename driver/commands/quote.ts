import type { Reason } from '../error-reasons';
import { EspAtError } from '../errors';

/** CR or LF would end the command, the device drops NUL, and no value needs other control characters. */
const control = /\p{Cc}/u;

/**
 * A string parameter of an AT command: the UTF-8 bytes of `text`, one character a byte (latin1), in double
 * quotes, with `"`, `,` and `\` escaped, since the firmware cuts parameters at bare commas even inside quotes.
 * @throws EspAtError `INVALID_COMMAND` for control characters and lone surrogates
 */
export function quote(text: string): string {
  const reason = flawOf(text);
  if (reason !== undefined) throw new EspAtError('INVALID_COMMAND', { reason });
  const bytes = Buffer.from(text).toString('latin1');
  return `"${bytes.replace(/["\\,]/g, '\\$&')}"`;
}

/** Returns the reason for which {@link quote} refuses a text, or undefined. */
export function flawOf(text: string): Reason | undefined {
  if (control.test(text)) return 'CONTROL_CHARACTER';
  if (/\p{Surrogate}/u.test(text)) return 'HALF_CHARACTER';
  return undefined;
}
