import type { Command, Response } from '../at/command';
import { EspAtError } from '../errors';
import { quoted, textReason } from '../values/text';
import { COMMAND_LINE_LIMIT_BYTES } from '../values/uri';

/** Milliseconds: a command without network and flash takes only a few. */
const DEFAULT_TIMEOUT_MS = 3000;

/** Builds a command from its line. @throws EspAtError `COMMAND_TOO_LONG` */
export function build(line: string, traits: Partial<Omit<Command, 'line'>> = {}): Command {
  if (line.length > COMMAND_LINE_LIMIT_BYTES) {
    const details = { length: line.length, limit: COMMAND_LINE_LIMIT_BYTES };
    throw new EspAtError('COMMAND_TOO_LONG', details);
  }
  return {
    line,
    name: line.replace(/=.*$/s, ''),
    informationPrefixes: [],
    success: 'OK',
    timeoutMs: DEFAULT_TIMEOUT_MS,
    idempotent: false,
    ...traits,
  };
}

/** A query with the parser of its response. */
export interface Query<T> extends Command {
  /** Returns undefined for a response that the device cannot have sent: the port has corrupted it. */
  readonly parse: (response: Response) => T | undefined;
  /** Returns the form of a response without its values, where these differ each time. By default a response is its own form. */
  readonly form?: (response: Response) => unknown;
}

/** Builds a query: its information responses start with `+NAME:`, and the client may repeat it. */
export function query(name: string, timeoutMs = DEFAULT_TIMEOUT_MS): Command {
  return build(`AT+${name}?`, { informationPrefixes: [`+${name}:`], timeoutMs, idempotent: true });
}

/**
 * A string parameter of an AT command: the UTF-8 bytes of `text`, one character a byte (latin1), quoted and escaped.
 * @throws EspAtError `INVALID_COMMAND` for control characters and lone surrogates
 */
export function quote(text: string): string {
  const reason = textReason(text);
  if (reason !== undefined) throw new EspAtError('INVALID_COMMAND', { reason });
  return Buffer.from(quoted(text)).toString('latin1');
}
