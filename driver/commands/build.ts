import type { Command } from '../at/command';
import { EspAtError } from '../errors';

/** Bytes of a command line without its CR LF; the firmware takes 256 with it. */
export const COMMAND_LINE_LIMIT_BYTES = 254;
/** Milliseconds: what needs neither the network nor the flash is answered within a few. */
const DEFAULT_TIMEOUT_MS = 3000;

/** A command from its line; what is not given is that of a plain command answered by OK. */
export function build(line: string, traits: Partial<Omit<Command, 'line'>> = {}): Command {
  if (line.length > COMMAND_LINE_LIMIT_BYTES) {
    throw new EspAtError('COMMAND_TOO_LONG', {
      length: line.length,
      limit: COMMAND_LINE_LIMIT_BYTES,
    });
  }
  return {
    line,
    name: line.replace(/=.*$/s, ''),
    informationResponses: [],
    success: 'OK',
    timeoutMs: DEFAULT_TIMEOUT_MS,
    idempotent: false,
    ...traits,
  };
}

/** A question: its answer lines start with `+NAME:`, and it may always be asked again. */
export function query(name: string, timeoutMs = DEFAULT_TIMEOUT_MS): Command {
  return build(`AT+${name}?`, { informationResponses: [`+${name}:`], timeoutMs, idempotent: true });
}

/** The error for an answer line that the device cannot have meant: the serial line damaged it. */
export function damaged(name: string): EspAtError {
  return new EspAtError('OUT_OF_SYNC', { command: name });
}
