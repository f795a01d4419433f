import { EventEmitter } from 'node:events';
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

type Listener<Event extends keyof WsEvents> = (...args: WsEvents[Event]) => void;

/** The events of a WebSocket, by listeners and handlers as in browsers, and by listeners as in the package ws. */
export class WebSocketEvents extends EventTarget {
  readonly #handlers: { [Type in keyof WebSocketEventMap]?: { handler: Handler<Type> } } = {};
  readonly #emitter = new EventEmitter<WsEvents>().setMaxListeners(0);

  get onopen(): Handler<'open'> {
    return this.#handlers.open?.handler ?? null;
  }

  set onopen(handler: Handler<'open'>) {
    const entry = (this.#handlers.open ??= this.#listen('open'));
    entry.handler = functionOr(handler);
  }

  get onmessage(): Handler<'message'> {
    return this.#handlers.message?.handler ?? null;
  }

  set onmessage(handler: Handler<'message'>) {
    const entry = (this.#handlers.message ??= this.#listen('message'));
    entry.handler = functionOr(handler);
  }

  get onerror(): Handler<'error'> {
    return this.#handlers.error?.handler ?? null;
  }

  set onerror(handler: Handler<'error'>) {
    const entry = (this.#handlers.error ??= this.#listen('error'));
    entry.handler = functionOr(handler);
  }

  get onclose(): Handler<'close'> {
    return this.#handlers.close?.handler ?? null;
  }

  set onclose(handler: Handler<'close'>) {
    const entry = (this.#handlers.close ??= this.#listen('close'));
    entry.handler = functionOr(handler);
  }

  /** A handler keeps the place among the listeners that its first one had (HTML, section 8.1.8.1). */
  #listen<Type extends keyof WebSocketEventMap>(type: Type): { handler: Handler<Type> } {
    const entry: { handler: Handler<Type> } = { handler: null };
    this.addEventListener(type, (event) => {
      if (entry.handler) Reflect.apply(entry.handler, this, [event]);
    });
    return entry;
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
    this.#emitter.removeAllListeners(event);
    return this;
  }

  /** @internal */
  emitOpen(): void {
    this.dispatchEvent(new Event('open'));
    this.#emitter.emit('open');
  }

  /** @internal */
  emitMessage(data: unknown, origin: string, bytes: Buffer, isBinary: boolean): void {
    this.dispatchEvent(new MessageEvent('message', { data, origin }));
    this.#emitter.emit('message', bytes, isBinary);
  }

  /** @internal */
  emitError(event: WebSocketErrorEvent): void {
    this.dispatchEvent(event);
    // Without a listener, an emitter throws.
    if (this.#emitter.listenerCount('error') > 0) this.#emitter.emit('error', event.error);
  }

  /** @internal */
  emitClose(event: WebSocketCloseEvent): void {
    this.dispatchEvent(event);
    this.#emitter.emit('close', event.code, Buffer.from(event.reason));
  }
}

function functionOr<T>(handler: T | null): T | null {
  return typeof handler === 'function' ? handler : null;
}
