import { types } from 'node:util';
import { onTimeout, type Clock } from '../../clock';
import { Deferred } from '../../deferred';
import { messageOf } from '../../message-of';
import type { Message } from '../events';
import { answerTo, parseJson, textOf, type Answer } from './matcher';
import type { Arrival, PendingRequest } from './pending-request';

/** The request that a message answers, how, and the message as JSON. */
export interface Found {
  readonly request: PendingRequest;
  readonly answer: Answer;
  readonly json: unknown;
}

type MaybePromise<T> = T | Promise<T>;

/** Instead of the result of a condition. */
const TOO_SLOW = Symbol('too slow');

/** Finds the request that a message answers: by its ID, by a condition, then as the next message. */
export class ReplyFinder {
  readonly #requests: Set<PendingRequest>;
  readonly #clock: Clock;
  readonly #failed: (request: PendingRequest, reason: string) => void;
  /** The request whose condition (its function `matches`) has returned a promise that is pending. */
  #pendingCondition:
    | { readonly request: PendingRequest; readonly end: Deferred<false | typeof TOO_SLOW> }
    | undefined;

  /**
   * @param requests the oldest first
   * @param failed the condition of a request has thrown, or was too slow
   */
  constructor(
    requests: Set<PendingRequest>,
    clock: Clock,
    failed: (request: PendingRequest, reason: string) => void,
  ) {
    this.#requests = requests;
    this.#clock = clock;
    this.#failed = failed;
  }

  /** The request has failed: no message waits for its condition any more. */
  endConditionWait(request: PendingRequest): void {
    const pending = this.#pendingCondition;
    if (pending?.request === request) pending.end.resolve(false);
  }

  /**
   * The pending condition takes too long. Unless its promise has just settled, its request fails, and is forgotten: the next
   * message would wait as long.
   */
  conditionTooSlow(): void {
    this.#pendingCondition?.end.resolve(TOO_SLOW);
  }

  /**
   * Returns a promise where a condition takes time. The message answers no request that has left since it arrived.
   * @param arrival of the message
   */
  find(message: Message, arrival: Arrival): MaybePromise<Found | undefined> {
    const all = [...this.#requests];
    const needsJson = all.some(({ matcher }) => matcher.by !== 'next');
    const json = needsJson ? parseJson(textOf(message.bytes)) : undefined;
    for (const request of all) {
      const answer = request.isBefore(arrival) && answerTo(request.matcher, json);
      if (answer) return { request, answer, json };
    }
    const conditional = all.filter(
      ({ matcher, state }) => matcher.by === 'function' && !('failure' in state),
    );
    return this.#findConditional(conditional.values(), message, arrival, json);
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
      this.#failed(request, messageOf(error));
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
        : onTimeout(this.#clock, request.replyTimeoutMs, () => this.conditionTooSlow());
      return Promise.race([matches, end.promise])
        .then((result) => {
          if (result !== TOO_SLOW) return result;
          this.#failed(request, 'CONDITION_TOO_SLOW');
          this.#requests.delete(request);
          return false;
        }, fail)
        .finally(() => {
          stop?.();
          this.#pendingCondition = undefined;
        });
    } catch (error) {
      return fail(error);
    }
  }

  #findNext(arrival: Arrival): Found | undefined {
    const request = [...this.#requests].find(({ matcher }) => matcher.by === 'next');
    return request?.isBefore(arrival) ? { request, answer: 'reply', json: undefined } : undefined;
  }
}
