import { Deferred } from '../deferred';
import type { EspAtError } from '../errors';
import type { Response, Run } from './command';
import type { PortLease } from './port-lease';
import type { ResyncOptions, ResyncResult } from './resync/resync';
import type { CommandEvent } from './types';

/** The calls that the body of a sequence may make, one at a time. */
export interface SequenceAccess {
  /**
   * Runs one command.
   * @throws EspAtError `COMMAND_FAILED`, `OUT_OF_SYNC`, `ABORTED`, and the error of a reset or close
   */
  readonly run: Run;
  /**
   * Resyncs with a device in an unknown state.
   * @throws EspAtError `OUT_OF_SYNC` while a command of the sequence runs or the client is unresponsive, `ABORTED`, and the error of a reset or close
   */
  readonly resync: (options: SequenceResyncOptions) => Promise<ResyncResult>;
  /**
   * Lends the port to `body`.
   * @throws EspAtError as {@link resync}, and what `body` throws
   */
  readonly lendPort: <T>(body: (lease: PortLease) => Promise<T>) => Promise<T>;
}

export type SequenceResyncOptions = Omit<ResyncOptions, 'mayRestart' | 'nextQuery' | 'commandMs'>;

export interface SequenceOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether up to 1000 commands of messages run before it. */
  readonly yields?: boolean;
}

/** Commands that no other command may interrupt. */
export class CommandSequence {
  /** Whether its body has ended. After an abort its last command may still run. */
  bodyEnded = false;
  /** Set by {@link abort}: every later command rejects with it. */
  abortError: EspAtError | undefined;
  readonly #fail: (error: EspAtError) => void;
  #pending: Deferred<Response> | undefined;

  /**
   * @param begin runs the body; the client calls it once
   * @param fail rejects the promise of the sequence
   */
  constructor(
    readonly begin: () => void,
    fail: (error: EspAtError) => void,
  ) {
    this.#fail = fail;
  }

  /** Rejects its running command, and every later one. */
  abort(error: EspAtError): void {
    this.abortError ??= error;
    this.#pending?.reject(error);
    this.#pending = undefined;
  }

  /** Aborts, and rejects the promise of the sequence at once. */
  reject(error: EspAtError): void {
    this.abort(error);
    this.#fail(error);
  }

  /** Starts a command by `start`, and waits for its response. */
  startAndAwait(start: () => void): Promise<Response> {
    const { promise } = (this.#pending = new Deferred<Response>());
    start();
    return promise;
  }

  /** Returns a promise that rejects with the error of the abort, or with `error`. */
  rejection(error: EspAtError): Promise<never> {
    return Promise.reject(this.abortError ?? error);
  }

  report(event: CommandEvent): void {
    if (event.kind === 'started' || event.kind === 'payloadWritten') return;
    const pending = this.#pending;
    this.#pending = undefined;
    if (event.kind === 'succeeded') pending?.resolve(event.response);
    else pending?.reject(event.error);
  }
}
