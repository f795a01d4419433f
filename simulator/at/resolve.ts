import type { Command, CommandTable } from './command';
import { CommandError, errorCode } from './errors';

/** A parsed command line. */
interface ResolvedLine {
  readonly command: Command;
  /** Of `AT+X=?`, `AT+X?`, `AT+X=…` or `AT+X`. */
  readonly form: 'test' | 'query' | 'set' | 'execute';
  /** The text after `=`. */
  readonly parameters: string;
}

/**
 * Finds the command and the form of a line.
 * @throws CommandError for a line that does not begin with AT, or an unknown command
 */
export function resolve(line: string, commands: CommandTable): ResolvedLine {
  if (!/^AT/i.test(line)) throw new CommandError(errorCode.noAt);
  const equals = line.indexOf('=');
  const query = equals < 0 && line.endsWith('?');
  const name = equals >= 0 ? line.slice(0, equals) : query ? line.slice(0, -1) : line;
  const command = commands.get(name.toUpperCase());
  const parameters = equals >= 0 ? line.slice(equals + 1) : '';
  // `AT` and `ATE0` have only the execute form, and a test form ends with `=?`.
  const wellFormed = name.includes('+') || (equals < 0 && !query);
  if (!command || !wellFormed || /^\?./.test(parameters))
    throw new CommandError(errorCode.unknownCommand);
  const form = equals >= 0 ? (parameters === '?' ? 'test' : 'set') : query ? 'query' : 'execute';
  return { command, form, parameters };
}
