import type { Parameters } from './parameters';

/** The four forms of a command: `AT+X=?`, `AT+X?`, `AT+X=…`, `AT+X`. */
export type CommandForm = 'test' | 'query' | 'set' | 'execute';

/** The answer to the command at work. It ends with one of `ok`, `error`, `finish`; later calls do nothing. */
export interface Call {
  /** A line of the answer, without its CR LF. */
  line(text: string): void;
  /** Text exactly as given. */
  raw(text: string): void;
  ok(): void;
  /** @param code for `AT+SYSLOG=1` */
  error(code?: number): void;
  /** Ends the answer with text of its own. */
  finish(text: string): void;
  /** Ends the answer without a word. */
  silent(): void;
  /** Shows the data prompt and waits, for ever if need be, for `length` bytes. */
  prompt(length: number, received: (payload: Buffer) => void): void;
}

/** Carries out one form of a command. Throws a CommandError to answer ERROR. */
export interface CommandHandlers {
  readonly query?: (call: Call) => void;
  readonly set?: (call: Call, parameters: Parameters) => void;
  readonly execute?: (call: Call) => void;
}

export interface Command extends CommandHandlers {
  readonly name: string;
  /** The forms that `AT+CMD?` lists. */
  readonly forms: Readonly<Record<CommandForm, boolean>>;
}

/** Commands by their names in capitals, in the order of `AT+CMD?`. */
export type CommandTable = ReadonlyMap<string, Command>;
