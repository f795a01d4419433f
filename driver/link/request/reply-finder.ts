import { types } from 'node:util';
import { onTimeout, type Clock } from '../../clock';
import { Deferred } from '../../deferred';
import type { Message } from '../events';
import { parseJson, textOf } from './matcher';
import type { Arrival, PendingRequest } from './pending-request';
import type { AnsweredRequest, RequestTable } from './request-table';

/** The request that a message answers, and the message as JSON. */
export interface Found extends AnsweredRequest {
  readonly json: unknown;
}

type MaybePromise<T> = T | Promise<T>;

/** Instead of the result of a condition. */
const TOO_SLOW = Symbol('too slow');

/** Finds the request that a message answers: by its ID, by a condition, then as the next message. */
export class ReplyFinder {
  readonly #table: RequestTable;
  readonly #clock: Clock;
  readonly #failed: (request: PendingRequest, reason: string) => void;
  /** The request whose condition (its function `matches`) has returned a promise that is pending. */
  #pendingCondition:
    | { readonly request: PendingRequest; readonly end: Deferred<false | typeof TOO_SLOW> }
    | undefined;

  /** @param failed the condition of a request has thrown, or was too slow */
  constructor(
    table: RequestTable,
    clock: Clock,
    failed: (request: PendingRequest, reason: string) => void,
  ) {
    this.#table = table;
    this.#clock = clock;
    this.#failed = failed;
  }

  /** The request has failed: no message waits for its condition any more. */
  endConditionWait(request: PendingRequest): void {
    const pending = this.#pendingCondition;
    if (pending?.request === request) pending.end.resolve(false);
  }

  /** The pending condition takes too long: its request fails. */
  conditionTooSlow(): void {
    this.#pendingCondition?.end.resolve(TOO_SLOW);
  }

  /**
   * Returns a promise where a condition takes time. The message answers no request that has left since it arrived.
   * @param arrival of the message
   */
  find(message: Message, arrival: Arrival): MaybePromise<Found | undefined> {
    const { needsJson, conditional } = this.#table;
    const json = needsJson ? parseJson(textOf(message.bytes)) : undefined;
    const keyed = json === undefined ? undefined : this.#table.withIdIn(json);
    if (keyed?.request.isBefore(arrival)) return { ...keyed, json };
    return this.#findConditional([...conditional].values(), message, arrival, json);
  }

  /** A loop, since a recursion over thousands of requests would overflow the stack. */
  #findConditional(
    requests: IterableIterator<PendingRequest>,
    message: Message,
    arrival: Arrival,
    json: unknown,
  ): MaybePromise<Found | undefined> {
    for (const request of requests) {
      if (!request.isBefore(arrival)) continue;
      const asFound = (matches: boolean): Found | undefined =>
        matches && request.isBefore(arrival) ? { request, answer: 'reply', json } : undefined;
      const matches = this.#matches(request, message, json);
      if (matches instanceof Promise)
        return matches.then(
          (each) => asFound(each) ?? this.#findConditional(requests, message, arrival, json),
        );
      const found = asFound(matches);
      if (found) return found;
    }
    return this.#findNext(arrival);
  }

  /** Whether a message fulfils the condition of a request; false where that fails. */
  #matches(request: PendingRequest, message: Message, json: unknown): MaybePromise<boolean> {
    const { matcher } = request;
    const fail = (error: unknown) => {
      this.#failed(request, reasonOf(error));
      return false;
    };
    try {
      const matches = matcher.by === 'function' && matcher.matches(message, json);
      // A function of another realm, such as a Function node's, returns a promise of that realm.
      if (!types.isPromise(matches)) return matches;
      const end = new Deferred<false | typeof TOO_SLOW>();
      this.#pendingCondition = { request, end };
      // An overdue request has no timer of its own.
      const stop = request.isOpen
        ? undefined
        : onTimeout(this.#clock, request.replyTimeoutMs, () => end.resolve(TOO_SLOW));
      return Promise.race([matches, end.promise])
        .finally(stop)
        .then((found) => (found === TOO_SLOW ? this.#tooSlow(request) : found), fail);
    } catch (error) {
      return fail(error);
    }
  }

  /** Fails and forgets a request whose condition takes too long: it would take as long for the next message. */
  #tooSlow(request: PendingRequest): false {
    this.#failed(request, 'CONDITION_TOO_SLOW');
    this.#table.delete(request);
    return false;
  }

  #findNext(arrival: Arrival): Found | undefined {
    const [request] = this.#table.inOrder;
    return request?.isBefore(arrival) ? { request, answer: 'reply', json: undefined } : undefined;
  }
}

/** A condition may throw what cannot become text. */
function reasonOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return typeof error;
  }
}
