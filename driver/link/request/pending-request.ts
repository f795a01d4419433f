import { Deferred } from '../../deferred';
import type { EspAtError } from '../../errors';
import type { Matcher } from './matcher';
import type { Reply, RequestOptions } from './options';

const NO_BYTES = new Uint8Array();
/** Default of the option `replyTimeoutMs`. */
export const DEFAULT_REPLY_TIMEOUT_MS = 10_000;

/** Number of a message, or of the end of a connection, in the order of arrival. */
export type Arrival = number;

type RequestState =
  /** It waits until the request before has its reply. `blocked`: that one has failed, and its reply may still come. */
  | { readonly kind: 'waiting'; readonly blocked: boolean }
  /**
   * `sentAfter`: undefined while its last bytes cannot have left on the current connection. `failure`: its condition has
   * failed, and no other message is tried; the outcome of the send decides how the request ends.
   */
  | {
      readonly kind: 'sending';
      readonly sentAfter: Arrival | undefined;
      readonly failure?: EspAtError;
    }
  /** The device has confirmed it. */
  | { readonly kind: 'sent'; readonly sentAfter: Arrival }
  /** It has failed, but its reply may still come. */
  | { readonly kind: 'overdue'; readonly sentAfter: Arrival }
  | { readonly kind: 'settled' };

/** One request, until its reply has come or cannot come any more. */
export class PendingRequest {
  readonly matcher: Matcher;
  readonly options: RequestOptions;
  /** Empty once the request has ended: an overdue one may stay for long. */
  payload: Uint8Array;
  /** Withdraws its message, unless the device has begun with it. */
  readonly withdrawal = new AbortController();
  #state: RequestState = { kind: 'waiting', blocked: false };
  #stopTimer: () => void = () => undefined;
  readonly #outcome = new Deferred<Reply>();

  constructor(payload: Uint8Array, matcher: Matcher, options: RequestOptions) {
    this.payload = payload;
    this.matcher = matcher;
    this.options = options;
  }

  /** Settles with the request. */
  get settled(): Promise<Reply> {
    return this.#outcome.promise;
  }

  get state(): RequestState {
    return this.#state;
  }

  /** Whether it has not settled. */
  get isOpen(): boolean {
    return this.#state.kind !== 'overdue' && this.#state.kind !== 'settled';
  }

  /** The last arrival before its last bytes may have left on the current connection: a later one may be its reply. */
  get sentAfter(): Arrival | undefined {
    return 'sentAfter' in this.#state ? this.#state.sentAfter : undefined;
  }

  /** Whether what has arrived, a message or the end of the connection, may concern it. */
  isBefore(arrival: Arrival): boolean {
    return this.sentAfter !== undefined && this.sentAfter < arrival;
  }

  get replyTimeoutMs(): number {
    return this.options.replyTimeoutMs ?? DEFAULT_REPLY_TIMEOUT_MS;
  }

  /** @param stopTimer stops the timer of the state; called when the state ends */
  become(state: RequestState, stopTimer: () => void = () => undefined): void {
    this.#stopTimer();
    this.#stopTimer = stopTimer;
    this.#state = state;
    if (!this.isOpen) this.payload = NO_BYTES;
  }

  resolve(reply: Reply): void {
    this.become({ kind: 'settled' });
    this.#outcome.resolve(reply);
  }

  /** @param mayBeLate where it has left, its reply may still come, on the same connection */
  reject(error: EspAtError, mayBeLate: boolean): void {
    const { sentAfter } = this;
    const isOverdue = mayBeLate && sentAfter !== undefined;
    this.become(isOverdue ? { kind: 'overdue', sentAfter } : { kind: 'settled' });
    this.#outcome.reject(error);
  }
}
