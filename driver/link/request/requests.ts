import type { LinkId } from '../../at/types';
import { callUser, throwUncaught } from '../../call-user';
import { onTimeout, type Clock } from '../../clock';
import {
  asEspAtError,
  EspAtError,
  type ErrorCode,
  type ErrorDetails,
  type SendOutcome,
} from '../../errors';
import { wholeFlaw } from '../../values/whole';
import type { Message } from '../events';
import type { LinkHost } from '../link-host';
import type { SendOptions } from '../options';
import { QueueLimit } from '../send/queue-limit';
import { ReplyFinder, type Found } from './reply-finder';
import { invalidRequest, keyOf, prepareRequest, type Matcher } from './matcher';
import type { Reply, RequestOptions, RequestPayload } from './options';
import { DEFAULT_REPLY_TIMEOUT_MS, PendingRequest, type Arrival } from './pending-request';

/** Limit of the messages that wait behind a pending condition. */
const BACKLOG_LIMIT = { messages: 1000, bytes: 4 * 1024 * 1024 };
const MAX_REPLY_TIMEOUT_MS = 86_400_000;
/** Longest text of a server's error that the error of a request quotes. */
const MAX_ERROR_CHARACTERS = 1000;
/** Most overdue requests; beyond it, the link forgets the oldest. The link tries every condition on every message. */
const MAX_OVERDUE = { key: 1000, function: 100, next: 1 } as const;

/** The requests of one link, each until its reply has come or cannot come any more. */
export class Requests {
  readonly #link: LinkId;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #send: (payload: Uint8Array | string, options: SendOptions) => Promise<void>;
  readonly #emit: (message: Message) => void;
  /** The oldest first. */
  readonly #requests = new Set<PendingRequest>();
  readonly #finder: ReplyFinder;
  #lastNumber = 0;
  #lastArrival: Arrival = 0;
  /** The last message, or end of the connection, in the queue behind a pending condition. */
  #lastQueued: Promise<void> | undefined;
  /** Counts the queued messages. */
  readonly #backlog = new QueueLimit(BACKLOG_LIMIT);
  /** Counts the requests that have not settled, and their payloads. */
  readonly #unsettled: QueueLimit;

  /**
   * @param send sends a message on the link
   * @param emit emits a message of the link; does not throw
   */
  constructor(
    link: LinkId,
    { clock, random, queueLimit }: Pick<LinkHost, 'clock' | 'random' | 'queueLimit'>,
    send: (payload: Uint8Array | string, options: SendOptions) => Promise<void>,
    emit: (message: Message) => void,
  ) {
    this.#link = link;
    this.#clock = clock;
    this.#random = random;
    this.#send = send;
    this.#emit = emit;
    this.#unsettled = new QueueLimit(queueLimit.limit);
    this.#finder = new ReplyFinder(this.#requests, clock, (request, reason) =>
      this.#matchFailed(request, this.#error('MATCH_FAILED', { reason }, 'sent')),
    );
  }

  /** Sends a request and returns its reply; see {@link Link.request}. */
  async request(payload: RequestPayload, options: RequestOptions): Promise<Reply> {
    checkTimeout(options.replyTimeoutMs);
    const { match, signal } = options;
    const nextNumber = () => this.#nextNumber();
    const { matcher, bytes } = prepareRequest(payload, match, nextNumber, this.#random);
    if (signal?.aborted) throw this.#error('ABORTED', {}, 'not-sent');
    this.#unsettled.take(bytes.length);
    if (matcher.by === 'key' && this.#hasKey(matcher.key, matcher.scheme.replyPlace)) {
      this.#unsettled.give(bytes.length);
      throw this.#error('REQUEST_ID_IN_USE', { id: String(matcher.id) }, 'not-sent');
    }
    const request = new PendingRequest(bytes, matcher, options);
    this.#requests.add(request);
    const abort = () => this.#abort(request);
    signal?.addEventListener('abort', abort, { once: true });
    if (matcher.by === 'next') this.#sendNext();
    else void this.#sendRequest(request);
    return request.settled.finally(() => {
      this.#unsettled.give(bytes.length);
      signal?.removeEventListener('abort', abort);
    });
  }

  /** Takes a message of the link, and emits it, unless it is a reply whose request keeps it back. */
  take(message: Message): void {
    const arrival = ++this.#lastArrival;
    if (this.#lastQueued) return this.#takeQueued(message, arrival);
    if (this.#requests.size === 0) return this.#emit(message);
    const found = this.#finder.find(message, arrival);
    if (found instanceof Promise) this.#queue(async () => this.#answer(await found, message));
    else this.#answer(found, message);
  }

  /** Queues the message behind the pending condition. Where the backlog is full, that condition's request fails as too slow. */
  #takeQueued(message: Message, arrival: Arrival): void {
    const { length } = message.bytes;
    const isKept = this.#backlog.tryTake(length);
    if (!isKept) this.#finder.conditionTooSlow();
    this.#queue(async () => {
      if (isKept) this.#backlog.give(length);
      this.#answer(await this.#finder.find(message, arrival), message);
    });
  }

  /** The connection has ended: no replies to its requests can come any more. */
  connectionEnded(): void {
    const arrival = ++this.#lastArrival;
    if (this.#lastQueued) this.#queue(() => this.#loseReplies(arrival));
    else this.#loseReplies(arrival);
  }

  /** Runs `run` after everything queued. An error of it becomes an uncaught exception, and the queue goes on. */
  #queue(run: () => void | Promise<void>): void {
    const before = this.#lastQueued ?? Promise.resolve();
    const queued = before
      .then(run)
      .catch(throwUncaught)
      .finally(() => {
        if (this.#lastQueued === queued) this.#lastQueued = undefined;
      });
    this.#lastQueued = queued;
  }

  // --- sending -------------------------------------------------------------------------------------

  async #sendRequest(request: PendingRequest): Promise<void> {
    const { options, withdrawal } = request;
    const { opcode, timeoutMs, holdMs } = options;
    request.become({ kind: 'sending', sentAfter: undefined });
    try {
      await this.#send(request.payload, {
        opcode,
        timeoutMs,
        holdMs,
        signal: withdrawal.signal,
        onLeaving: () => {
          const sentAfter = this.#lastArrival;
          const { state } = request;
          if (state.kind === 'sending') request.become({ ...state, sentAfter });
        },
      });
      this.#sent(request);
    } catch (reason) {
      const error = asEspAtError(reason);
      const conditionFailed = 'failure' in request.state;
      // The server may answer a request whose bytes may have left.
      this.#fail(request, error, error.outcome === 'unknown' && !conditionFailed);
    }
  }

  #sent(request: PendingRequest): void {
    // Its reply may have been faster than the device's confirmation.
    if (request.state.kind !== 'sending') return;
    const { sentAfter, failure } = request.state;
    if (failure) return this.#fail(request, failure, false);
    if (sentAfter === undefined) return this.#lose(request, 'CONNECTION_ENDED', false);
    if (request.options.signal?.aborted) return this.#lose(request, 'WAIT_ABORTED', true);
    const timeout = request.replyTimeoutMs;
    const stop = onTimeout(this.#clock, timeout, () =>
      this.#fail(request, this.#error('REPLY_TIMEOUT', { timeout }, 'sent'), true),
    );
    request.become({ kind: 'sent', sentAfter }, stop);
  }

  /** Sends the next of the requests with `match` `next`, unless the reply to the one before may still come. */
  #sendNext(): void {
    const inOrder = [...this.#requests].filter(({ matcher }) => matcher.by === 'next');
    const [first, ...others] = inOrder;
    // The link would take an overdue reply for that of the next request.
    const blocked = first?.state.kind === 'overdue';
    for (const request of others) this.#block(request, blocked);
    if (first?.state.kind === 'waiting') void this.#sendRequest(first);
  }

  #block(request: PendingRequest, blocked: boolean): void {
    const { state } = request;
    if (state.kind !== 'waiting' || state.blocked === blocked) return;
    if (!blocked) return request.become({ kind: 'waiting', blocked });
    const stop = onTimeout(this.#clock, request.replyTimeoutMs, () =>
      this.#fail(request, this.#error('REPLY_OUTSTANDING', {}, 'not-sent'), false),
    );
    request.become({ kind: 'waiting', blocked }, stop);
  }

  #abort(request: PendingRequest): void {
    switch (request.state.kind) {
      case 'waiting':
        return this.#fail(request, this.#error('ABORTED', {}, 'not-sent'), false);
      case 'sending':
        // If that is too late, `#sent` ends the wait for the reply.
        return request.withdrawal.abort();
      case 'sent':
        return this.#lose(request, 'WAIT_ABORTED', true);
    }
  }

  // --- settling ----------------------------------------------------------------------------------------

  #answer(found: Found | undefined, message: Message): void {
    if (!found) return this.#emit(message);
    const { request, answer, json } = found;
    const { emitReply = true, emitLate = true, onLate } = request.options;
    const reply: Reply = { message, json };
    const isLate = !request.isOpen;
    this.#requests.delete(request);
    if (isLate) request.become({ kind: 'settled' });
    else if (answer === 'error') request.reject(this.#replyError(request, reply), false);
    else request.resolve(reply);
    if (isLate) callUser(() => onLate?.(reply));
    if (isLate ? emitLate : emitReply) this.#emit(message);
    if (request.matcher.by === 'next') this.#sendNext();
  }

  #loseReplies(arrival: Arrival): void {
    for (const request of [...this.#requests].filter((each) => each.isBefore(arrival))) {
      const { state } = request;
      if (state.kind === 'sending') request.become({ ...state, sentAfter: undefined });
      else if (state.kind === 'sent') this.#lose(request, 'CONNECTION_ENDED', false);
      else if (state.kind === 'overdue') this.#requests.delete(request);
    }
    this.#sendNext();
  }

  #lose(request: PendingRequest, reason: string, mayBeLate: boolean): void {
    this.#fail(request, this.#error('REPLY_LOST', { reason }, 'sent'), mayBeLate);
  }

  #fail(request: PendingRequest, error: EspAtError, mayBeLate: boolean): void {
    if (!request.isOpen) return;
    request.reject(error, mayBeLate);
    if (request.state.kind === 'overdue') this.#forgetOldest(request.matcher.by);
    else this.#requests.delete(request);
    this.#finder.endConditionWait(request);
    if (request.matcher.by === 'next') this.#sendNext();
  }

  #forgetOldest(by: Matcher['by']): void {
    const isOverdue = ({ state, matcher }: PendingRequest) =>
      state.kind === 'overdue' && matcher.by === by;
    const overdue = [...this.#requests].filter(isOverdue);
    if (overdue[0] && overdue.length > MAX_OVERDUE[by]) this.#requests.delete(overdue[0]);
  }

  /** No message is tried afterwards: a reply that comes late is an ordinary message. */
  #matchFailed(request: PendingRequest, failure: EspAtError): void {
    const { state } = request;
    if (state.kind === 'sending') request.become({ ...state, failure });
    else if (state.kind === 'overdue') this.#requests.delete(request);
    else this.#fail(request, failure, false);
  }

  #replyError({ matcher }: PendingRequest, { json }: Reply): EspAtError {
    const positions = matcher.by === 'key' ? (matcher.scheme.positions ?? []) : [];
    const values = Array.isArray(json) ? (json as unknown[]) : [];
    const said = values.filter((_, position) => !positions.includes(position));
    const texts = said.filter((each) => typeof each === 'string' && each !== '');
    return this.#error(
      'REPLY_ERROR',
      { reason: texts.join(': ').slice(0, MAX_ERROR_CHARACTERS) },
      'sent',
    );
  }

  #error(code: ErrorCode, details: ErrorDetails, outcome: SendOutcome): EspAtError {
    return new EspAtError(code, { link: this.#link, ...details }, { outcome });
  }

  #nextNumber(): number {
    do this.#lastNumber++;
    while (this.#hasKey(keyOf(this.#lastNumber)));
    return this.#lastNumber;
  }

  /** Whether a request has this key. @param replyPlace counts only requests whose replies have their ID there */
  #hasKey(key: string | undefined, replyPlace?: string): boolean {
    return [...this.#requests].some(
      ({ matcher }) =>
        matcher.by === 'key' &&
        matcher.key === key &&
        (replyPlace ?? matcher.scheme.replyPlace) === matcher.scheme.replyPlace,
    );
  }
}

function checkTimeout(value: unknown = DEFAULT_REPLY_TIMEOUT_MS): void {
  const flaw = wholeFlaw(value, 1, MAX_REPLY_TIMEOUT_MS);
  if (flaw) throw invalidRequest({ setting: 'replyTimeoutMs', ...flaw });
}
