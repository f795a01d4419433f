import { EspAtError } from '../errors';
import { textReason } from '../values/text';

/**
 * A string parameter of an AT command: the UTF-8 bytes of `text`, one character a byte (latin1), in double
 * quotes, with `"`, `,` and `\` escaped, since the firmware cuts parameters at bare commas even inside quotes.
 * @throws EspAtError `INVALID_COMMAND` for control characters and lone surrogates
 */
export function quote(text: string): string {
  const reason = textReason(text);
  if (reason !== undefined) throw new EspAtError('INVALID_COMMAND', { reason });
  const bytes = Buffer.from(text).toString('latin1');
  return `"${bytes.replace(/["\\,]/g, '\\$&')}"`;
}
