import type { EspAtError } from '../errors';
import type { Response, Run } from './command';
import type { ResyncOptions, ResyncResult } from './resync';
import type { CommandEvent } from './types';

/** What the body of a sequence may do, one thing at a time. */
export interface SequenceAccess {
  /**
   * Runs one command.
   * @throws EspAtError `COMMAND_FAILED`, `OUT_OF_SYNC`, and whatever the client was reset or closed with
   */
  readonly run: Run;
  /**
   * Finds a device of which nothing is known.
   * @throws EspAtError whatever the client was reset or closed with meanwhile
   */
  readonly resync: (options: SequenceResyncOptions) => Promise<ResyncResult>;
}

export type SequenceResyncOptions = Omit<ResyncOptions, 'firstQuestion'>;

interface Pending {
  readonly resolve: (response: Response) => void;
  readonly reject: (error: EspAtError) => void;
}

/** Commands that no other may interrupt. */
export class CommandSequence {
  /** Called when its turn has come. */
  readonly begin: () => void;
  readonly #reject: (error: EspAtError) => void;
  #pending: Pending | undefined;
  #aborted: EspAtError | undefined;

  constructor(begin: () => void, reject: (error: EspAtError) => void) {
    this.begin = begin;
    this.#reject = reject;
  }

  /** Its body has ended. It may still have a command that runs, after an abort. */
  isOver = false;

  /** Why it may run nothing more. */
  get aborted(): EspAtError | undefined {
    return this.#aborted;
  }

  /** It was aborted: what it runs, and what it would run next, rejects. */
  abort(error: EspAtError): void {
    this.#aborted ??= error;
    this.#pending?.reject(error);
    this.#pending = undefined;
  }

  /** {@link abort}, and its promise rejects at once. */
  reject(error: EspAtError): void {
    this.abort(error);
    this.#reject(error);
  }

  /** The response to the command that `start` starts. */
  expectResponse(start: () => void): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      start();
    });
  }

  /** Why nothing can be run now: it was aborted, or `error`. */
  refusal(error: EspAtError): Promise<never> {
    return Promise.reject(this.#aborted ?? error);
  }

  report(event: CommandEvent): void {
    if (event.kind === 'started' || event.kind === 'payloadWritten') return;
    const pending = this.#pending;
    this.#pending = undefined;
    if (event.kind === 'succeeded') pending?.resolve(event.response);
    else pending?.reject(event.error);
  }
}
