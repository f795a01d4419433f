import { isUtf8 } from 'node:buffer';
import { asEspAtError, EspAtError } from '../errors';
import type { LinkChange, LinkDataLoss, Message } from '../link/events';
import type { Link } from '../link/link';
import { parseClose, parseProtocols, parseUrl } from './arguments';
import { WebSocketCloseEvent, WebSocketErrorEvent } from './events';
import { WebSocketEvents } from './event-interfaces';
import type { LinkPool } from './link-pool';
import { openOptions, type WebSocketClassOptions, type WebSocketOptions } from './options';
import { PauseBuffer, pauseBufferFull } from './pause-buffer';
import { binaryData, kindOf, type BinaryType } from './message-data';
import { toSendData, type SendCallback as Sent, type WebSocketData } from './send-buffer';
import { SendOrder } from './send-order';

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

type CloseEvent = Pick<WebSocketCloseEvent, 'wasClean' | 'code' | 'reason'>;

/**
 * A connection with the interface of WHATWG's WebSocket over a link of a device; in addition, the events of the package
 * ws by `on`.
 */
export class DeviceWebSocket extends WebSocketEvents {
  /** Value of {@link readyState} while the link opens. */
  static readonly CONNECTING = CONNECTING;
  /** Value of {@link readyState} while it is open. */
  static readonly OPEN = OPEN;
  /** Value of {@link readyState} during the close. */
  static readonly CLOSING = CLOSING;
  /** Value of {@link readyState} at the end. */
  static readonly CLOSED = CLOSED;
  /** Empty: the firmware knows no extensions. */
  readonly extensions = '';
  /** As the static member. */
  readonly CONNECTING = CONNECTING;
  /** As the static member. */
  readonly OPEN = OPEN;
  /** As the static member. */
  readonly CLOSING = CLOSING;
  /** As the static member. */
  readonly CLOSED = CLOSED;

  readonly #pool: LinkPool;
  readonly #classOptions: WebSocketClassOptions;
  readonly #url: URL;
  readonly #protocols: readonly string[];
  #protocol = '';
  readonly #owner: string;
  readonly #openAbort = new AbortController();
  #link: Link | undefined;
  #readyState: 0 | 1 | 2 | 3 = CONNECTING;
  #binaryType: BinaryType = 'blob';
  #bufferedAmount = 0;
  readonly #sendOrder: SendOrder;
  #paused: PauseBuffer | undefined;
  /** Counts the messages that a pause has kept back, until resume() emits or keeps each. */
  #undelivered = 0;
  /** The last events, once the connection has ended: they come after the undelivered messages. */
  #end: { readonly event: CloseEvent; readonly error: EspAtError | undefined } | undefined;

  /**
   * @internal Made by the class of {@link Device.webSocketClass}.
   * @param url `ws:`, `wss:`, `http:` or `https:`
   * @throws DOMException `SyntaxError`
   */
  constructor(
    pool: LinkPool,
    classOptions: WebSocketClassOptions,
    url: string | URL,
    protocols: string | readonly string[] = [],
    options: WebSocketOptions = {},
  ) {
    super();
    this.#url = parseUrl(url);
    this.#protocols = parseProtocols(protocols);
    this.#pool = pool;
    this.#classOptions = classOptions;
    this.#owner = pool.nextOwner();
    this.#sendOrder = new SendOrder(pool.queueLimit);
    // Events come after the constructor has returned.
    queueMicrotask(() => void this.#connect(options));
  }

  /** The URL of the constructor, serialized. */
  get url(): string {
    return this.#url.href;
  }

  /** 0 connecting · 1 open · 2 closing · 3 closed. */
  get readyState(): 0 | 1 | 2 | 3 {
    return this.#readyState;
  }

  /** Bytes given to {@link send} that the device has not handed to the network. */
  get bufferedAmount(): number {
    return this.#bufferedAmount;
  }

  /** The constructor's subprotocol. Empty until the link is open, and among several: the firmware does not tell the choice. */
  get protocol(): string {
    return this.#protocol;
  }

  /** Type of binary messages: `blob` (default), `arraybuffer`, or `nodebuffer` for a Buffer. Other values change nothing. */
  get binaryType(): 'blob' | 'arraybuffer' | 'nodebuffer' {
    return this.#binaryType;
  }

  set binaryType(value: string) {
    if (value === 'blob' || value === 'arraybuffer' || value === 'nodebuffer')
      this.#binaryType = value;
  }

  /**
   * Sends text or bytes. The other parameters are those of the package ws.
   * @throws DOMException `InvalidStateError` before it is open
   */
  send(data: WebSocketData, options?: { readonly binary?: boolean } | Sent, sent?: Sent): void {
    if (this.#readyState === CONNECTING)
      throw new DOMException('The connection is not open yet.', 'InvalidStateError');
    const done = typeof options === 'function' ? options : sent;
    // An error that the callback throws must not fail the connection.
    const report = (error?: Error) => {
      if (done) queueMicrotask(() => done(error));
    };
    const { opcode, length, content } = toSendData(data, options);
    this.#bufferedAmount += length;
    const link = this.#link;
    if (this.#readyState !== OPEN || !link) return report(this.#linkClosed());
    const enter = (bytes: Uint8Array) => {
      // The link may be another connection's by now.
      if (this.#end) throw this.#linkClosed();
      return link.send(bytes, { opcode });
    };
    this.#sendOrder.send({ content, length }, enter).then(
      () => {
        this.#bufferedAmount -= length;
        report();
      },
      (error: unknown) => {
        report(asEspAtError(error));
        this.#fail(asEspAtError(error));
      },
    );
  }

  /**
   * Sends the messages given to {@link send}, then a close frame, and waits up to 3 s for that of the server.
   * @throws DOMException `InvalidAccessError`, `SyntaxError`
   */
  close(code?: number, reason?: string): void {
    const closing = parseClose(code, reason);
    const before = this.#readyState;
    if (before >= CLOSING) return;
    this.#readyState = CLOSING;
    if (before === CONNECTING) return this.#openAbort.abort();
    void this.#sendOrder.allEntered
      .then(() => this.#link?.close({ ...closing, owner: this.#owner }))
      .then(
        () => this.#ended({ wasClean: true, ...closing }),
        (error: unknown) => this.#fail(asEspAtError(error)),
      );
  }

  // --- as the package ws -----------------------------------------------------------------------------

  /** Ends the connection at once, without a close frame. Drops the messages that {@link pause} has kept back. */
  terminate(): void {
    if (this.#readyState === CONNECTING) return this.close();
    this.#paused = undefined;
    this.#undelivered = 0;
    this.#ended({ wasClean: false, code: 1006, reason: '' });
    this.#emitEnd();
  }

  /** Whether it keeps messages back, see {@link pause}. */
  get isPaused(): boolean {
    return this.#paused !== undefined;
  }

  /**
   * Holds messages back until {@link resume}. The events `error` and `close` wait behind a message that is held back.
   * Beyond 16 MiB the connection fails with `PAUSE_BUFFER_FULL`.
   */
  pause(): void {
    this.#paused ??= new PauseBuffer();
  }

  /** Emits what {@link pause} has kept back, and later messages as they come. */
  resume(): void {
    const { messages = [] } = this.#paused ?? {};
    this.#paused = undefined;
    // A listener may pause again, and resume.
    for (const message of messages) {
      this.#undelivered--;
      this.#emitOrKeep(message);
    }
    this.#emitEnd();
  }

  /** For `createWebSocketStream` of the package ws, which reads these members to wait until the connection has ended. */
  get _socket(): object {
    return {
      _writableState: { finished: this.#readyState === CLOSED },
      once: (_: 'finish', callback: () => void) => this.once('close', callback),
    };
  }

  async #connect(options: WebSocketOptions): Promise<void> {
    const { signal } = this.#openAbort;
    try {
      signal.throwIfAborted();
      const link = (this.#link = this.#pool.claim());
      link.on('statechange', this.#changed).on('message', this.#received);
      link.on('dataloss', this.#lost);
      const given = { uri: this.url, owner: this.#owner, protocols: this.#protocols };
      await link.open(openOptions(this.#classOptions, given, options), { signal });
      // A listener of the link may have called close() too late to abort open().
      signal.throwIfAborted();
    } catch (error) {
      this.#fail(signal.aborted ? this.#linkClosed('OPEN_ABORTED') : asEspAtError(error));
    }
  }

  // Another open() to the same URI may join the connection. Its events then name that owner, but are this socket's too.
  readonly #changed = ({ to, cause, error }: LinkChange): void => {
    if (to === 'open' && this.#readyState === CONNECTING) {
      this.#readyState = OPEN;
      if (this.#protocols.length === 1) this.#protocol = this.#protocols[0] ?? '';
      this.emitBoth(new Event('open'));
    } else if (this.#readyState === OPEN && to !== 'open') {
      if (cause === 'closed-by-server') this.#ended({ wasClean: true, code: 1005, reason: '' });
      else this.#fail(error ?? this.#linkClosed());
    }
  };

  readonly #received = (message: Message): void => {
    if (this.#readyState !== OPEN) return;
    if (message.opcode === 1 && !isUtf8(message.bytes))
      // RFC 6455, section 8.1: the firmware does not check it.
      return this.#fail(new EspAtError('MESSAGE_NOT_TEXT', { link: message.link }), 1007);
    this.#emitOrKeep(message);
  };

  #emitOrKeep(message: Message): void {
    if (this.#readyState === CLOSED) return;
    if (this.#paused?.add(message) === false) return this.#fail(pauseBufferFull(message.link));
    if (this.#paused) this.#undelivered++;
    if (this.#paused) return;
    const { opcode, bytes } = message;
    const kind = opcode ?? kindOf(bytes, this.#classOptions.unknownKind);
    const data = kind === 1 ? bytes.toString() : binaryData(bytes, this.#binaryType);
    const event = new MessageEvent('message', { data, origin: this.#url.origin });
    this.emitBoth(event, bytes, kind === 2);
  }

  readonly #lost = ({ error }: LinkDataLoss) => {
    if (this.#readyState === OPEN) this.#fail(error);
  };

  #linkClosed(code: 'LINK_CLOSED' | 'OPEN_ABORTED' = 'LINK_CLOSED'): EspAtError {
    return new EspAtError(code, { link: this.#link?.id ?? '?' });
  }

  /** Fails the connection (WHATWG WebSockets, section 3): `error`, then `close` with 1006. */
  #fail(error: EspAtError, code?: number): void {
    this.#ended({ wasClean: false, code: 1006, reason: '' }, error, code);
  }

  /** @param sentCode code of a close frame to send; without one the link closes at once */
  #ended(event: CloseEvent, error?: EspAtError, sentCode?: number): void {
    if (this.#end) return;
    this.#end = { event, error };
    this.#readyState = CLOSING;
    const link = this.#link;
    if (link) {
      link.off('statechange', this.#changed).off('message', this.#received);
      link.off('dataloss', this.#lost);
      const frame = sentCode === undefined ? { graceful: false } : { code: sentCode };
      // Also ends the device's attempts to reconnect.
      link.close({ ...frame, owner: this.#owner }).catch(() => undefined);
      this.#pool.release(link);
    }
    this.#emitEnd();
  }

  /** Emits the end of the connection, once, and not before the undelivered messages. */
  #emitEnd(): void {
    if (this.#readyState === CLOSED || !this.#end || this.#undelivered > 0) return;
    this.#readyState = CLOSED;
    const { event, error } = this.#end;
    if (error) this.emitBoth(new WebSocketErrorEvent(error), error);
    this.emitBoth(new WebSocketCloseEvent(event), event.code, Buffer.from(event.reason));
  }
}
