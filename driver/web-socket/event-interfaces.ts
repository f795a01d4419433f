import { EventEmitter } from 'node:events';
import { callUser } from '../call-user';
import type { WebSocketCloseEvent, WebSocketErrorEvent } from './events';

/** Events as in browsers. */
export interface WebSocketEventMap {
  open: Event;
  message: MessageEvent;
  error: WebSocketErrorEvent;
  close: WebSocketCloseEvent;
}

/** Events as the package ws emits them. */
export interface WsEvents {
  open: [];
  /** The bytes, and whether they are a binary message. */
  message: [Buffer, boolean];
  error: [Error];
  /** Code and reason. */
  close: [number, Buffer];
}

type Handler<Type extends keyof WebSocketEventMap> =
  ((event: WebSocketEventMap[Type]) => unknown) | null;

interface HandlerEntry<Type extends keyof WebSocketEventMap> {
  handler: NonNullable<Handler<Type>>;
  readonly listener: (event: Event) => void;
}

type Listener<Event extends keyof WsEvents> = (...args: WsEvents[Event]) => void;

/** The events of a WebSocket, by listeners and handlers as in browsers, and by listeners as in the package ws. */
export class WebSocketEvents extends EventTarget {
  readonly #handlers: { [Type in keyof WebSocketEventMap]?: HandlerEntry<Type> | undefined } = {};
  readonly #emitter = new EventEmitter<WsEvents>().setMaxListeners(0);

  get onopen(): Handler<'open'> {
    return this.#handlers.open?.handler ?? null;
  }

  set onopen(handler: Handler<'open'>) {
    this.#handle('open', handler);
  }

  get onmessage(): Handler<'message'> {
    return this.#handlers.message?.handler ?? null;
  }

  set onmessage(handler: Handler<'message'>) {
    this.#handle('message', handler);
  }

  get onerror(): Handler<'error'> {
    return this.#handlers.error?.handler ?? null;
  }

  set onerror(handler: Handler<'error'>) {
    this.#handle('error', handler);
  }

  get onclose(): Handler<'close'> {
    return this.#handlers.close?.handler ?? null;
  }

  set onclose(handler: Handler<'close'>) {
    this.#handle('close', handler);
  }

  /** A new handler takes the place of the one before among the listeners; after null it comes last (HTML, section 8.1.8.1). */
  #handle<Type extends keyof WebSocketEventMap>(type: Type, value: Handler<Type>): void {
    const handlers: { [Each in Type]?: HandlerEntry<Each> | undefined } = this.#handlers;
    const handler = typeof value === 'function' ? value : undefined;
    const entry = handlers[type];
    if (entry && handler) {
      entry.handler = handler;
    } else if (entry) {
      this.removeEventListener(type, entry.listener);
      handlers[type] = undefined;
    } else if (handler) {
      const added: HandlerEntry<Type> = {
        handler,
        listener: (event) => void Reflect.apply(added.handler, this, [event]),
      };
      handlers[type] = added;
      this.addEventListener(type, added.listener);
    }
  }

  on<Event extends keyof WsEvents>(event: Event, listener: Listener<Event>): this {
    (this.#emitter as EventEmitter).on(event, listener);
    return this;
  }

  once<Event extends keyof WsEvents>(event: Event, listener: Listener<Event>): this {
    (this.#emitter as EventEmitter).once(event, listener);
    return this;
  }

  off<Event extends keyof WsEvents>(event: Event, listener: Listener<Event>): this {
    (this.#emitter as EventEmitter).off(event, listener);
    return this;
  }

  addListener<Event extends keyof WsEvents>(event: Event, listener: Listener<Event>): this {
    return this.on(event, listener);
  }

  removeListener<Event extends keyof WsEvents>(event: Event, listener: Listener<Event>): this {
    return this.off(event, listener);
  }

  removeAllListeners(event?: keyof WsEvents): this {
    // Node.js tells "all" by the number of arguments.
    if (event === undefined) this.#emitter.removeAllListeners();
    else this.#emitter.removeAllListeners(event);
    return this;
  }

  /** @internal */
  emitOpen(): void {
    this.dispatchEvent(new Event('open'));
    callUser(() => this.#emitter.emit('open'));
  }

  /** @internal */
  emitMessage(data: unknown, origin: string, bytes: Buffer, isBinary: boolean): void {
    this.dispatchEvent(new MessageEvent('message', { data, origin }));
    callUser(() => this.#emitter.emit('message', bytes, isBinary));
  }

  /** @internal */
  emitError(event: WebSocketErrorEvent): void {
    this.dispatchEvent(event);
    // Without a listener, an emitter throws.
    if (this.#emitter.listenerCount('error') > 0)
      callUser(() => this.#emitter.emit('error', event.error));
  }

  /** @internal */
  emitClose(event: WebSocketCloseEvent): void {
    this.dispatchEvent(event);
    callUser(() => this.#emitter.emit('close', event.code, Buffer.from(event.reason)));
  }
}
