/** One AT command, with all that the session has to know beforehand. */
export interface Command {
  /** The line without its CR LF, escaped, one character a byte (latin1). */
  readonly line: string;
  /** How errors and logs name it: no secrets, no user text. For example `AT+WSOPEN=0`. */
  readonly name: string;
  /** What its answer lines start with; every other line is a report. For example `+WSOPEN:`. */
  readonly informationResponses: readonly string[];
  /** Bytes that are sent after the data prompt; absent when the command has none. */
  readonly payload?: Uint8Array;
  /** The final result that means success. */
  readonly success: 'OK' | 'SEND OK';
  /**
   * Milliseconds of silence or lack of progress that the device may need until its final result; with a
   * payload: until the prompt and, again, from the last payload byte to the final result.
   */
  readonly timeoutMs: number;
  /** Whether doing it twice does the same as doing it once. */
  readonly idempotent: boolean;
  /** Whether its answer may hold secrets, which then never get into an error. */
  readonly secret?: boolean;
  /** Whether ERROR is an answer like any other, because some firmware knows no such command. */
  readonly refusable?: boolean;
}

/** The same command, where ERROR is an answer like any other. */
export function refusable(command: Command): Command {
  return { ...command, refusable: true };
}

/** What a command that succeeded brought: its answer lines, one character a byte (latin1). */
export type Response = readonly string[];

/** Runs one command to its end; rejects with an EspAtError. */
export type Run = (command: Command) => Promise<Response>;
