import { parseCommandLine, type ParsedLine } from './command-line';

/** A command as the device takes it, with the bytes that followed its data prompt. */
export interface SaidCommand extends ParsedLine {
  readonly payload: Buffer | undefined;
}

/** Where the length of a payload stands among the values of a command. */
const lengths: Readonly<Record<string, number>> = { '+WSHEAD': 0, '+WSSEND': 1, '+SYSMFG': 4 };

/**
 * Takes all that a host wrote apart, as the device does: lines that end in CR LF, and after a command
 * with a data prompt as many bytes as it announced. Empty lines, which do nothing, are left out. By no
 * code of the driver. Throws for anything else.
 */
export function saidCommands(bytes: Buffer): SaidCommand[] {
  const said: SaidCommand[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) throw new Error(`no end of line after ${bytes.toString('latin1', at)}`);
    const text = bytes.toString('latin1', at, end);
    at = end + 2;
    if (text === '') continue;
    const line = parseCommandLine(text);
    const where = line.kind === 'set' ? lengths[line.name] : undefined;
    const length = where === undefined ? 0 : Number(line.values[where] ?? 0);
    if (at + length > bytes.length) throw new Error(`${line.name} announced ${length} bytes`);
    said.push({ ...line, payload: length === 0 ? undefined : bytes.subarray(at, at + length) });
    at += length;
  }
  return said;
}
