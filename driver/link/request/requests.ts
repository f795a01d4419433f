import type { LinkId } from '../../at/types';
import { onTimeout, type Clock } from '../../clock';
import {
  asEspAtError,
  EspAtError,
  type ErrorCode,
  type ErrorDetails,
  type SendOutcome,
} from '../../errors';
import { payloadBytes } from '../../commands/websocket';
import { wholeFlaw } from '../../values/whole';
import type { Message } from '../events';
import type { SendOptions } from '../options';
import { QueueLimit } from '../send/queue-limit';
import { ReplyFinder, type Found } from './reply-finder';
import { prepare, invalidRequest } from './matcher';
import type { Reply, RequestOptions, RequestPayload } from './options';
import { PendingRequest } from './pending-request';
import { RequestTable } from './request-table';
import { uuid } from './uuid';

/** Messages that wait for a condition, and their bytes. */
const BACKLOG_LIMIT = { messages: 1000, bytes: 4 * 1024 * 1024 };
const REPLY_TIMEOUT_MS = 10_000;
const LONGEST_REPLY_TIMEOUT_MS = 86_400_000;

/** What the requests of a link need of it. */
export interface RequestHost {
  readonly link: LinkId;
  readonly clock: Clock;
  readonly random: () => number;
  /** Of requests that have not settled. */
  readonly limit: QueueLimit['limit'];
  send(payload: Uint8Array | string, options: SendOptions): Promise<void>;
}

type Emit = (message: Message) => void;

/** The requests of one link, from their call until their replies have come or cannot come any more. */
export class Requests {
  readonly #host: RequestHost;
  readonly #table = new RequestTable();
  readonly #finder = new ReplyFinder(
    this.#table,
    (request) => this.#mayBeAnswered(request),
    (request, reason) => this.#fail(request, this.#error('MATCH_FAILED', { reason }, 'sent'), true),
  );
  /** Its identity names the connection. */
  #connection = {};
  #lastNumber = 0;
  /** Pending while a condition takes time, and while messages, or the end of the connection, wait behind it. */
  #inTurn: Promise<void> | undefined;
  /** Messages and bytes that wait for it. */
  readonly #backlog = new QueueLimit(BACKLOG_LIMIT, () => undefined);
  /** Requests that have not settled, with the bytes of their payloads. */
  readonly #open: QueueLimit;

  constructor(host: RequestHost) {
    this.#host = host;
    this.#open = new QueueLimit(host.limit, () => undefined);
  }

  /** Sends a request and returns its reply; see {@link Link.request}. */
  async request(payload: RequestPayload, options: RequestOptions): Promise<Reply> {
    checkTimeout(options.replyTimeoutMs);
    const ids = { number: () => this.#nextNumber(), uuid: () => uuid(this.#host.random) };
    const prepared = prepare(payload, options.match, ids);
    const { matcher } = prepared;
    const content = payloadBytes(prepared.payload);
    const { signal } = options;
    if (signal?.aborted) throw this.#error('ABORTED', {}, 'not-sent');
    const request = new PendingRequest(content, matcher, options);
    const bytes = content.length;
    this.#open.take(bytes);
    if (!this.#table.add(request)) {
      this.#open.give(bytes);
      const id = matcher.by === 'key' ? String(matcher.id) : '';
      throw this.#error('REQUEST_ID_IN_USE', { id }, 'not-sent');
    }
    const abort = () => this.#abort(request);
    signal?.addEventListener('abort', abort, { once: true });
    if (matcher.by === 'next') this.#goOn();
    else void this.#send(request);
    return request.settled.finally(() => {
      this.#open.give(bytes);
      signal?.removeEventListener('abort', abort);
    });
  }

  /** Takes a message of the link, and emits it unless it is a reply that is to be kept back. */
  take(message: Message, emit: Emit): void {
    if (this.#inTurn) return this.#takeInTurn(message, emit);
    if (this.#table.isEmpty) return emit(message);
    const found = this.#finder.find(message);
    if (found instanceof Promise) this.#queue(async () => this.#answer(await found, message, emit));
    else this.#answer(found, message, emit);
  }

  /** Keeps the order of messages behind a condition. Gives the condition up where too much waits for it. */
  #takeInTurn(message: Message, emit: Emit): void {
    const { length } = message.bytes;
    const isKept = this.#backlog.tryTake(length);
    if (!isKept) this.#finder.giveUp();
    this.#queue(async () => {
      if (isKept) this.#backlog.give(length);
      this.#answer(await this.#finder.find(message), message, emit);
    });
  }

  /** The connection has ended: replies to its requests cannot come any more. */
  connectionEnded(): void {
    if (this.#inTurn) this.#queue(() => this.#endConnection());
    else this.#endConnection();
  }

  /** Runs after what is in turn now. */
  #queue(run: () => void | Promise<void>): void {
    const turn = (this.#inTurn ?? Promise.resolve()).then(run).finally(() => {
      if (this.#inTurn === turn) this.#inTurn = undefined;
    });
    this.#inTurn = turn;
  }

  // --- sending -------------------------------------------------------------------------------------

  async #send(request: PendingRequest): Promise<void> {
    const { options, withdrawal } = request;
    const { opcode, timeoutMs, holdMs } = options;
    request.become({ kind: 'sending' });
    try {
      await this.#host.send(request.payload, {
        ...(opcode === undefined ? {} : { opcode }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(holdMs === undefined ? {} : { holdMs }),
        signal: withdrawal.signal,
        onLeaving: () => {
          if (request.state.kind === 'sending')
            request.become({ kind: 'sending', connection: this.#connection });
        },
      });
      this.#sent(request);
    } catch (reason) {
      this.#sendFailed(request, asEspAtError(reason));
    }
  }

  #sent(request: PendingRequest): void {
    // Its reply may have been faster than the device's confirmation.
    if (request.state.kind !== 'sending') return;
    if (!this.#mayBeAnswered(request)) return this.#lose(request, 'CONNECTION_ENDED', false);
    if (request.options.signal?.aborted) return this.#lose(request, 'WAIT_ABORTED', true);
    const timeout = request.options.replyTimeoutMs ?? REPLY_TIMEOUT_MS;
    const stop = onTimeout(this.#host.clock, timeout, () =>
      this.#fail(request, this.#error('REPLY_TIMEOUT', { timeout }, 'sent'), true),
    );
    request.become({ kind: 'sent' }, stop);
  }

  #sendFailed(request: PendingRequest, error: EspAtError): void {
    // MATCH_FAILED has ended it already. Nothing was sent, so no late reply comes.
    if (!request.isOpen && error.outcome === 'not-sent') return this.#table.delete(request);
    // What may have left may be answered.
    this.#fail(request, error, error.outcome === 'unknown' && this.#mayBeAnswered(request));
  }

  /** Whether its bytes may have left on the current connection. */
  #mayBeAnswered({ state }: PendingRequest): boolean {
    if (state.kind === 'sending') return state.connection === this.#connection;
    return state.kind === 'sent' || state.kind === 'overdue';
  }

  /** Sends the next request of those that wait for each other, if no reply is outstanding. */
  #goOn(): void {
    const [first, ...others] = this.#table.inOrder;
    // A reply that is overdue would be taken for that of the next request.
    const blocked = first?.state.kind === 'overdue';
    for (const request of others) this.#block(request, blocked);
    if (first?.state.kind === 'waiting') void this.#send(first);
  }

  #block(request: PendingRequest, blocked: boolean): void {
    const { state, options } = request;
    if (state.kind !== 'waiting' || state.blocked === blocked) return;
    if (!blocked) return request.become({ kind: 'waiting', blocked });
    const timeout = options.replyTimeoutMs ?? REPLY_TIMEOUT_MS;
    const stop = onTimeout(this.#host.clock, timeout, () =>
      this.#fail(request, this.#error('REPLY_OUTSTANDING', {}, 'not-sent'), false),
    );
    request.become({ kind: 'waiting', blocked }, stop);
  }

  #abort(request: PendingRequest): void {
    switch (request.state.kind) {
      case 'waiting':
        return this.#fail(request, this.#error('ABORTED', {}, 'not-sent'), false);
      case 'sending':
        // Where that is too late, the end of the send takes the abort.
        return request.withdrawal.abort();
      case 'sent':
        return this.#lose(request, 'WAIT_ABORTED', true);
    }
  }

  // --- ends ----------------------------------------------------------------------------------------

  #answer(found: Found | undefined, message: Message, emit: Emit): void {
    if (!found) return emit(message);
    const { request, answer, json } = found;
    const { emitReply = true, emitLate = true, onLate } = request.options;
    const reply: Reply = { message, json };
    const isLate = !request.isOpen;
    this.#table.delete(request);
    if (isLate) request.become({ kind: 'settled' });
    else if (answer === 'error') request.reject(this.#replyError(reply), false);
    else request.resolve(reply);
    if (isLate) onLate?.(reply);
    if (isLate ? emitLate : emitReply) emit(message);
    if (request.matcher.by === 'next') this.#goOn();
  }

  #endConnection(): void {
    this.#connection = {};
    for (const request of this.#table.all) {
      if (request.state.kind === 'sent') this.#lose(request, 'CONNECTION_ENDED', false);
      else if (request.state.kind === 'overdue') this.#table.delete(request);
    }
    this.#goOn();
  }

  #lose(request: PendingRequest, reason: string, mayBeLate: boolean): void {
    this.#fail(request, this.#error('REPLY_LOST', { reason }, 'sent'), mayBeLate);
  }

  #fail(request: PendingRequest, error: EspAtError, mayBeLate: boolean): void {
    if (!request.isOpen) return;
    request.reject(error, mayBeLate);
    if (mayBeLate) this.#table.overdue(request);
    else this.#table.delete(request);
    this.#finder.giveUp(request);
    if (request.matcher.by === 'next') this.#goOn();
  }

  #replyError({ json }: Reply): EspAtError {
    const [, , ...said] = Array.isArray(json) ? (json as unknown[]) : [];
    const texts = said.filter((each) => typeof each === 'string' && each !== '');
    return this.#error('REPLY_ERROR', { reason: texts.join(': ') }, 'sent');
  }

  #error(code: ErrorCode, details: ErrorDetails, outcome: SendOutcome): EspAtError {
    return new EspAtError(code, { link: this.#host.link, ...details }, { outcome });
  }

  #nextNumber(): number {
    do this.#lastNumber++;
    while (this.#table.hasId(this.#lastNumber));
    return this.#lastNumber;
  }
}

function checkTimeout(value: unknown = REPLY_TIMEOUT_MS): void {
  const flaw = wholeFlaw(value, 1, LONGEST_REPLY_TIMEOUT_MS);
  if (flaw) throw invalidRequest({ setting: 'replyTimeoutMs', ...flaw });
}
