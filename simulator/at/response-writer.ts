import type { CommandResponse } from './command';
import { errorLine } from './errors';

export const OK = '\r\nOK\r\n';
const ERROR = '\r\nERROR\r\n';

/** What a response needs from the interpreter. */
interface ResponseContext {
  write(bytes: string): void;
  end(then?: () => void): void;
  writesErrorCodes(): boolean;
  prompt(length: number, received: (payload: Buffer) => void): void;
}

/** Writes the response to one command. */
export class ResponseWriter implements CommandResponse {
  readonly #context: ResponseContext;
  #muted = false;
  #reportsError = false;

  constructor(context: ResponseContext) {
    this.#context = context;
  }

  /** Makes the final result code ERROR, whatever the outcome. */
  reportError(): void {
    this.#reportsError = true;
  }

  /** Sends nothing more of this response but OK and `>` of a prompt, without which the host would send no payload. */
  mute(): void {
    this.#muted = true;
  }

  line(text: string): void {
    this.#write(`${text}\r\n`);
  }

  ok(then?: () => void): void {
    this.finish(OK, then);
  }

  error(code?: number): void {
    if (code !== undefined && this.#context.writesErrorCodes()) {
      this.line(errorLine(code));
    }
    this.finish(ERROR);
  }

  finish(text: string, then?: () => void): void {
    this.#write(this.#reportsError ? ERROR : text);
    this.#context.end(then);
  }

  silent(): void {
    this.#context.end();
  }

  prompt(length: number, received: (payload: Buffer) => void): void {
    this.#context.prompt(length, received);
  }

  #write(text: string): void {
    if (!this.#muted) this.#context.write(text);
  }
}
