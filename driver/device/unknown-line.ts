/** Characters of the longest line that is shown whole. */
const MAX_SHOWN_CHARACTERS = 80;

/**
 * A line as a log may show it: a report's name, and numbers behind it. Anything else may be what is left of a
 * password or a header that came back damaged, or that a restarted device took for a command.
 */
export function shownLine(text: string): string {
  const [name = '', rest = ''] = /^(\+[A-Z_]{2,30})?(.*)$/s.exec(text)?.slice(1) ?? [];
  const isPlain =
    name !== '' && text.length <= MAX_SHOWN_CHARACTERS && /^(?::[-\d,.]*)?$/.test(rest);
  return isPlain ? text : `${name} (${text.length} bytes)`.trim();
}
