import { isRefusal } from '../errors';

/** One AT command, and how the client runs it. */
export interface Command {
  /** The line without its CR LF, escaped, one character a byte (latin1). */
  readonly line: string;
  /** Its name in errors and logs, without secrets or user text. For example `AT+WSOPEN=0`. */
  readonly name: string;
  /** Prefixes of the lines that are its information responses. For example `+WSOPEN:`. */
  readonly informationPrefixes: readonly string[];
  /** Bytes after the data prompt; absent where the command has no prompt. */
  readonly payload?: Uint8Array;
  /** The final result code that means success. */
  readonly success: 'OK' | 'SEND OK';
  /**
   * Response timeout in milliseconds of port idle time, from the line to the final result code. With a payload:
   * from its last byte; until the prompt, a timeout of the client's applies.
   */
  readonly timeoutMs: number;
  /** Whether running it twice has the same effect as running it once: then the client may repeat it. */
  readonly idempotent: boolean;
  /** Whether its response may hold secrets: then no error quotes it. */
  readonly secret?: boolean;
  /** Whether ERROR is an expected response, because some firmware lacks the command. */
  readonly expectsError?: boolean;
}

/** Bytes that a data prompt takes at most: `AT+WSSEND` of class D, the largest of any firmware. */
export const MAX_PAYLOAD_BYTES = 16_384;

/** Bytes of the command's line and payload. */
export function sizeOf({ line, payload }: Command): number {
  return line.length + (payload?.length ?? 0);
}

/**
 * Whether the device may open a prompt for the command: the port may have corrupted the length 0 of an empty message to
 * another one.
 */
export function mayPrompt({ payload, success }: Command): boolean {
  return payload !== undefined || success === 'SEND OK';
}

/** Returns the command with ERROR as an expected response. */
export function expectingError(command: Command): Command {
  return { ...command, expectsError: true };
}

/** Runs a command that some firmware lacks or refuses. Returns undefined where the device answers ERROR. */
export async function tryRun(run: Run, command: Command): Promise<Response | undefined> {
  try {
    return await run(expectingError(command));
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** Information responses of a command that succeeded, one character a byte (latin1). */
export type Response = readonly string[];

/** Runs one command to its end; rejects with an EspAtError. */
export type Run = (command: Command) => Promise<Response>;
