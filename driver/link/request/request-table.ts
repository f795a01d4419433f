import { keyOf, type Answer, type IdScheme } from './matcher';
import type { PendingRequest } from './pending-request';

/** Most overdue requests that the table keeps; beyond it, it forgets the oldest. Those with `next` do not count. */
const MAX_OVERDUE = 1000;
/** The same for those with a condition, because every message of the connection has to pass all of them. */
const MAX_OVERDUE_CONDITIONS = 100;

/** A request, and how a message answers it. */
export interface AnsweredRequest {
  readonly request: PendingRequest;
  readonly answer: Answer;
}

/** Requests by ID. Their replies all have the ID in the same place. */
interface IdIndex {
  readonly scheme: IdScheme;
  readonly requests: Map<string, PendingRequest>;
}

/** The requests of a link, by the way in which it recognizes their replies. */
export class RequestTable {
  readonly #indexes = new Map<string, IdIndex>();
  /** Requests with a condition, the oldest first. */
  readonly conditional = new Set<PendingRequest>();
  /** Requests whose reply is the next message, the oldest first. */
  readonly inOrder = new Set<PendingRequest>();
  readonly #overdue = new Set<PendingRequest>();
  readonly #all = new Set<PendingRequest>();

  get all(): readonly PendingRequest[] {
    return [...this.#all];
  }

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  /** Whether the finder has to parse messages as JSON. */
  get needsJson(): boolean {
    return this.#indexes.size > 0 || this.conditional.size > 0;
  }

  hasId(id: unknown): boolean {
    const key = keyOf(id) ?? '';
    return [...this.#indexes.values()].some(({ requests }) => requests.has(key));
  }

  /** Adds a request; returns false where another request has its ID. */
  add(request: PendingRequest): boolean {
    const { matcher } = request;
    switch (matcher.by) {
      case 'key': {
        const { scheme, key } = matcher;
        const index = this.#indexes.get(scheme.replyPlace) ?? { scheme, requests: new Map() };
        if (index.requests.has(key)) return false;
        index.requests.set(key, request);
        this.#indexes.set(scheme.replyPlace, index);
        break;
      }
      case 'function':
        this.conditional.add(request);
        break;
      case 'next':
        this.inOrder.add(request);
    }
    this.#all.add(request);
    return true;
  }

  delete(request: PendingRequest): void {
    const { matcher } = request;
    this.#all.delete(request);
    this.#overdue.delete(request);
    this.conditional.delete(request);
    this.inOrder.delete(request);
    if (matcher.by !== 'key') return;
    const index = this.#indexes.get(matcher.scheme.replyPlace);
    if (index?.requests.get(matcher.key) !== request) return;
    index.requests.delete(matcher.key);
    if (index.requests.size === 0) this.#indexes.delete(matcher.scheme.replyPlace);
  }

  /** Its reply may still come. */
  overdue(request: PendingRequest): void {
    // Of those with `match` `next` there is only one, and others wait for its reply.
    if (request.matcher.by === 'next' || !this.#all.has(request)) return;
    this.#overdue.add(request);
    this.#forgetOldest([...this.#overdue], MAX_OVERDUE);
    const conditional = [...this.conditional].filter((each) => this.#overdue.has(each));
    this.#forgetOldest(conditional, MAX_OVERDUE_CONDITIONS);
  }

  #forgetOldest([oldest, ...others]: readonly PendingRequest[], limit: number): void {
    if (oldest && others.length >= limit) this.delete(oldest);
  }

  /** Finds the request that has the ID in a message. */
  withIdIn(json: unknown): AnsweredRequest | undefined {
    for (const { scheme, requests } of this.#indexes.values()) {
      const found = scheme.idOf(json);
      const request = found && requests.get(keyOf(found.id) ?? '');
      if (request) return { request, answer: found.answer };
    }
    return undefined;
  }
}
