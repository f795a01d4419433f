import type { Parameters } from './parameters';

/** The response to one command. `ok`, `error`, `finish` or `silent` ends it; later calls do nothing. */
export interface CommandResponse {
  /** Writes a line, given without its CR LF. */
  line(text: string): void;
  /** @param then called after OK, before a fault can restart the device at `answered` */
  ok(then?: () => void): void;
  /** @param code sent while `AT+SYSLOG=1` is set */
  error(code?: number): void;
  /** Ends the response with another final text. */
  finish(text: string): void;
  /** Ends the response without a final result code. */
  silent(): void;
  /** Writes OK and the data prompt, then waits without a limit for `length` bytes. */
  prompt(length: number, received: (payload: Buffer) => void): void;
}

/** Carries out the forms of a command. A handler throws a CommandError to answer ERROR. */
export interface CommandHandlers {
  readonly query?: (response: CommandResponse) => void;
  readonly set?: (response: CommandResponse, parameters: Parameters) => void;
  readonly execute?: (response: CommandResponse) => void;
}

/** Handlers by command name. */
export type CommandGroup = Readonly<Record<string, CommandHandlers>>;

/** The forms of a command: q query, s set, x execute. No command has a test form. */
export type CommandForms = 'q' | 's' | 'x' | 'qs' | 'qx' | 'sx' | 'qsx';

export interface Command extends CommandHandlers {
  readonly name: string;
  /** The forms that `AT+CMD?` lists. */
  readonly forms: CommandForms;
}

/** Commands by upper-case name, in the order of `AT+CMD?`. */
export type CommandTable = ReadonlyMap<string, Command>;
