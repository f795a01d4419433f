import type { RecordingLine } from './lines';
import { placeholderOf } from './placeholder';

/** User and password in a URI that the device lists; where the URI breaks off, what may be the beginning of them. */
const LISTED_USERINFO = /(\+WSOPEN:\d,\d,"\w+:\/\/)([^/?#\r\n]*(?=@|$)|[^/?#"\r\n]+(?=[\r\n]))/g;
/** The end of a listed header: its quote, or, where that is corrupt, the next line of a response. */
const END = /"[\r\n]|[\r\n]{1,4}(?:\+W|(?:SEND )?OK|ERROR)/;
/** A header that the device lists; one without a colon is corrupt, and may end in the value of another one. */
const LISTED_HEADER = new RegExp(
  String.raw`(\+WSHEAD:\d+,"(?:[^:\r\n]*: ?|(?![^:\r\n]*:)))((?:(?!${END.source})[^])+)`,
  'g',
);
/** Bytes of the device that begin at the beginning of a line. */
const WHOLE = /^\+[A-Z_]+:/;
/**
 * The rest of a line at the opening of a port, where it ends as a listed URI or header does. Other bytes stay: they may be
 * `ready`, which a replay needs.
 */
const CUT_LINE = /^(?!\+[A-Z_]+:)[^\r\n]+(?="[\r\n])/;

/**
 * Replaces what the device says of another program's connections and headers. The recorder does not know these secrets:
 * no option or command has named them. The same placeholders as for known secrets, so that a recording replays.
 * @param isCut whether the recorder has dropped what came before the lines
 */
export function withoutForeignSecrets(
  lines: readonly RecordingLine[],
  isCut: boolean,
): RecordingLine[] {
  const starts = lines.flatMap((line, index) =>
    'omitted' in line || ('port' in line && line.port === 'opening') ? index : [],
  );
  return [0, ...starts].flatMap((start, index) => {
    const part = lines.slice(start, starts[index]);
    const [first] = part;
    const isPartCut = index === 0 ? isCut : first !== undefined && 'omitted' in first;
    return withoutSecrets(part, isPartCut);
  });
}

function withoutSecrets(lines: readonly RecordingLine[], isCut: boolean): RecordingLine[] {
  const said = saidIn(lines);
  const clean = withoutBeginning(said, lines, isCut)
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

function withoutBeginning(said: string, lines: readonly RecordingLine[], isCut: boolean): string {
  if (!isCut) return said.replace(CUT_LINE, masked);
  const snapshot = lines.findIndex((line) => 'snapshot' in line);
  // At a snapshot the device has said all that it was asked: a replay, which begins there, needs the bytes behind it.
  const before = snapshot < 0 ? said : saidIn(lines.slice(0, snapshot));
  if (WHOLE.test(before)) return said;
  // A listed header or URI may have begun in the dropped bytes.
  const end = before.search(END);
  const rest = end < 0 ? before : before.slice(0, end);
  return masked(rest) + said.slice(rest.length);
}

/** What the device says, one character a byte. */
function saidIn(lines: readonly RecordingLine[]): string {
  return lines.map((line) => ('device' in line ? line.device : '')).join('');
}

/** @param text one character a byte */
const masked = (text: string) => placeholderOf(Buffer.from(text, 'latin1')).toString('latin1');
