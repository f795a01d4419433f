import { parseCommandLine, type ParsedLine } from '../at/command-line';

/** A command as the device receives it, with its payload. */
export interface WrittenCommand extends ParsedLine {
  readonly payload: Buffer | undefined;
}

/** Index of the payload's length among the values of a command. */
const payloadLengthAt: Readonly<Record<string, number>> = {
  '+WSHEAD': 0,
  '+WSSEND': 1,
  '+SYSMFG': 4,
};

/**
 * Splits the host's bytes into commands with their payloads, like the device and without code of the driver. Skips empty
 * lines.
 * @throws Error for a line without an end, or a payload that is too short
 */
export function writtenCommands(bytes: Buffer): WrittenCommand[] {
  const commands: WrittenCommand[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) throw new Error(`no end of line after ${bytes.toString('latin1', at)}`);
    const text = bytes.toString('latin1', at, end);
    at = end + 2;
    if (text === '') continue;
    const line = parseCommandLine(text);
    const where = line.kind === 'set' ? payloadLengthAt[line.name] : undefined;
    const length = where === undefined ? 0 : Number(line.values[where] ?? 0);
    if (at + length > bytes.length) throw new Error(`${line.name} announced ${length} bytes`);
    commands.push({ ...line, payload: length === 0 ? undefined : bytes.subarray(at, at + length) });
    at += length;
  }
  return commands;
}
