/** Characters of a line to show whole, at most. */
const MAX_SHOWN_CHARACTERS = 80;

/**
 * Formats a line for a log: a URC's name, and numbers behind it. Anything else may be the rest of a
 * password or a header that came back corrupt, or that a restarted device took for a command.
 */
export function shownLine(text: string): string {
  const [name = '', rest = ''] = /^(\+[A-Z_]{2,30})?(.*)$/s.exec(text)?.slice(1) ?? [];
  const isPlain =
    name !== '' && text.length <= MAX_SHOWN_CHARACTERS && /^(?::[-\d,.]*)?$/.test(rest);
  return isPlain ? text : `${name} (${text.length} bytes)`.trim();
}
