import type { Call } from './command';
import { errorLine } from './errors';

const okText = '\r\nOK\r\n';
const errorText = '\r\nERROR\r\n';

/** What a call needs of the interpreter. */
export interface CallContext {
  say(bytes: string): void;
  end(): void;
  explain(): boolean;
  prompt(length: number, received: (payload: Buffer) => void): void;
}

/** The answer to a command, on its way to the host. */
export class AnsweringCall implements Call {
  readonly #context: CallContext;
  #muted = false;
  #false = false;

  constructor(context: CallContext) {
    this.#context = context;
  }

  /** Whatever comes of the command, its answer will be ERROR. */
  falsify(): void {
    this.#false = true;
  }

  /** From here on nothing of the answer reaches the host. */
  mute(): void {
    this.#muted = true;
  }

  line(text: string): void {
    this.raw(`${text}\r\n`);
  }

  raw(text: string): void {
    if (!this.#muted) this.#context.say(text);
  }

  ok(): void {
    this.finish(okText);
  }

  error(code?: number): void {
    if (code !== undefined && this.#context.explain()) {
      this.line(errorLine(code));
    }
    this.finish(errorText);
  }

  finish(text: string): void {
    this.raw(this.#false ? errorText : text);
    this.#context.end();
  }

  silent(): void {
    this.#context.end();
  }

  prompt(length: number, received: (payload: Buffer) => void): void {
    this.#context.prompt(length, received);
  }
}
