import { keyOf, type Answer, type KeyedKind } from './matcher';
import type { PendingRequest } from './pending-request';

/** Failed requests whose replies may still come; the oldest ones are forgotten. */
const MOST_OVERDUE = 1000;

/** A request, and how a message answers it. */
export interface Match {
  readonly request: PendingRequest;
  readonly answer: Answer;
}

/** The requests with their IDs in one place of the reply. */
interface Place {
  readonly kind: KeyedKind;
  readonly requests: Map<string, PendingRequest>;
}

/** The requests of a link, by the way in which their replies are known. */
export class RequestTable {
  readonly #places = new Map<string, Place>();
  /** Those with a condition, the oldest first. */
  readonly conditional = new Set<PendingRequest>();
  /** Those that are answered by the next message, the oldest first. */
  readonly inOrder = new Set<PendingRequest>();
  readonly #overdue = new Set<PendingRequest>();
  readonly #all = new Set<PendingRequest>();

  get all(): readonly PendingRequest[] {
    return [...this.#all];
  }

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  /** Whether a message has to be read as JSON. */
  get needsJson(): boolean {
    return this.#places.size > 0 || this.conditional.size > 0;
  }

  hasId(id: unknown): boolean {
    const key = keyOf(id) ?? '';
    return [...this.#places.values()].some(({ requests }) => requests.has(key));
  }

  /** Returns whether it is in the table: false where another request has its ID. */
  add(request: PendingRequest): boolean {
    const { matcher } = request;
    switch (matcher.by) {
      case 'key': {
        const { kind, key } = matcher;
        const place = this.#places.get(kind.place) ?? { kind, requests: new Map() };
        if (place.requests.has(key)) return false;
        place.requests.set(key, request);
        this.#places.set(kind.place, place);
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
    const place = this.#places.get(matcher.kind.place);
    if (place?.requests.get(matcher.key) !== request) return;
    place.requests.delete(matcher.key);
    if (place.requests.size === 0) this.#places.delete(matcher.kind.place);
  }

  /** Its reply may still come. */
  overdue(request: PendingRequest): void {
    this.#overdue.add(request);
    const [oldest] = this.#overdue;
    if (oldest && this.#overdue.size > MOST_OVERDUE) this.delete(oldest);
  }

  /** The request that has the ID in a JSON text. */
  withIdIn(json: unknown): Match | undefined {
    for (const { kind, requests } of this.#places.values()) {
      const found = kind.idOf(json);
      const request = found && requests.get(keyOf(found.id) ?? '');
      if (request) return { request, answer: found.answer };
    }
    return undefined;
  }
}
