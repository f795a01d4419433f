/** An AT command line as the firmware parses it. */
export interface ParsedLine {
  /** For example `+WSOPEN`. */
  readonly name: string;
  readonly kind: 'execute' | 'query' | 'set';
  /** Strings in latin1, numbers, or undefined for an empty field. */
  readonly values: readonly (string | number | undefined)[];
}

/** Limit of a command line without its CR LF. */
const MAX_LINE_BYTES = 254;

/**
 * Parses a command line by the rules of the device, without code of the driver.
 * @throws Error for a line that the device would refuse, or read as several lines
 */
export function parseCommandLine(line: string): ParsedLine {
  if (line.length > MAX_LINE_BYTES) throw new Error(`${line.length} bytes`);
  for (const character of line) {
    const code = character.charCodeAt(0);
    if (code < 0x20 || code === 0x7f || code > 0xff) throw new Error(`character ${code}`);
  }
  if (!line.startsWith('AT')) throw new Error('no AT');
  const end = line.indexOf('=');
  if (end < 0) {
    return line.endsWith('?')
      ? { name: line.slice(2, -1), kind: 'query', values: [] }
      : { name: line.slice(2), kind: 'execute', values: [] };
  }
  return { name: line.slice(2, end), kind: 'set', values: parseValues(line.slice(end + 1)) };
}

function parseValues(text: string): (string | number | undefined)[] {
  const values: (string | number | undefined)[] = [];
  let at = 0;
  for (;;) {
    const [value, after] = text[at] === '"' ? parseString(text, at + 1) : parsePlain(text, at);
    values.push(value);
    if (after === text.length) return values;
    if (text[after] !== ',') throw new Error(`${text[after] ?? ''} after a value`);
    at = after + 1;
  }
}

function parseString(text: string, start: number): [string, number] {
  let value = '';
  for (let at = start; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '"') return [value, at + 1];
    if (character === ',') throw new Error('a bare comma');
    if (character === '\\') at++;
    value += text[at] ?? '';
  }
  throw new Error('an open quote');
}

function parsePlain(text: string, start: number): [number | undefined, number] {
  const comma = text.indexOf(',', start);
  const end = comma < 0 ? text.length : comma;
  const field = text.slice(start, end);
  if (field === '') return [undefined, end];
  if (!/^-?\d+$/.test(field)) throw new Error(`${field} is no number`);
  return [Number(field), end];
}
