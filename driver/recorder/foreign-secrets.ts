import type { RecordingLine } from './lines';
import { placeholderOf } from './placeholder';

/** User and password in a URI that the device lists; at the end of the bytes, what may be the beginning of them. */
const LISTED_USERINFO = /(\+WSOPEN:\d,\d,"\w+:\/\/)([^/?#\r\n]*)(?=@|$)/g;
/** A header that the device lists: up to the quote at its end, or, where that is corrupt, up to the next line of a response. */
const LISTED_HEADER =
  /(\+WSHEAD:\d+,"[^:\r\n]*: ?)((?:(?!"[\r\n]|[\r\n]{1,4}(?:\+W|OK|ERROR))[^])+)/g;

/**
 * The rest of a line that has begun before the first record, where it ends as a listed URI or header does: it may hold a part
 * of one. A line that begins with its prefix is whole.
 */
const CUT_LINE = /^(?!\+[A-Z_]+:)[^\r\n]+(?="[\r\n])/;

/**
 * Replaces what the device says of another program's connections and headers. The recorder does not know these secrets:
 * no option or command has named them. The same placeholders as for known secrets, so that a recording replays.
 */
export function withoutForeignSecrets(lines: readonly RecordingLine[]): RecordingLine[] {
  const said = lines.map((line) => ('device' in line ? line.device : '')).join('');
  const clean = said
    .replace(CUT_LINE, masked)
    .replace(LISTED_USERINFO, (_, before: string, userinfo: string) => {
      const [user = '', ...password] = userinfo.split(/:(.*)/s, 2);
      return before + [user, ...password].map(masked).join(':');
    })
    .replace(LISTED_HEADER, (_, before: string, value: string) => before + masked(value));
  if (clean === said) return [...lines];
  let end = 0;
  return lines.map((line) => {
    if (!('device' in line)) return line;
    const start = end;
    end += line.device.length;
    return { ...line, device: clean.slice(start, end) };
  });
}

/** @param text one character a byte */
const masked = (text: string) => placeholderOf(Buffer.from(text, 'latin1')).toString('latin1');
