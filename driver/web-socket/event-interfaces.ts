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

type Listener<Event extends keyof WsEvents> = (...args: WsEvents[Event]) => void;

/** The methods of an emitter work on any object, and its listeners run with that object as `this`. */
const emitter = EventEmitter.prototype;

/** The events of a WebSocket, by listeners and handlers as in browsers, and by listeners as in the package ws. */
export class WebSocketEvents extends EventTarget {
  declare onopen: Handler<'open'>;
  declare onmessage: Handler<'message'>;
  declare onerror: Handler<'error'>;
  declare onclose: Handler<'close'>;
  readonly #handlers = new Map<string, unknown>();

  static {
    for (const type of ['open', 'message', 'error', 'close'])
      Object.defineProperty(this.prototype, `on${type}`, {
        // As those of a browser, which a library may wrap.
        configurable: true,
        enumerable: true,
        get(this: WebSocketEvents) {
          return this.#handlers.get(type) ?? null;
        },
        set(this: WebSocketEvents, handler: unknown) {
          this.#handle(type, handler);
        },
      });
  }

  constructor() {
    super();
    emitter.setMaxListeners.call(this, 0);
  }

  /**
   * A handler runs at the place of the first assignment to its property, even if the property has been null in between:
   * HTML (section 8.1.8.1) would then move the handler to the end.
   */
  #handle(type: string, value: unknown): void {
    const isFirst = !this.#handlers.has(type);
    this.#handlers.set(type, typeof value === 'function' ? value : null);
    if (!isFirst) return;
    this.addEventListener(type, (event) => {
      const handler = this.#handlers.get(type);
      if (typeof handler === 'function') void Reflect.apply(handler, this, [event]);
    });
  }

  on<Event extends keyof WsEvents>(event: Event, listener: Listener<Event>): this {
    emitter.on.call(this, event, listener);
    return this;
  }

  once<Event extends keyof WsEvents>(event: Event, listener: Listener<Event>): this {
    emitter.once.call(this, event, listener);
    return this;
  }

  off<Event extends keyof WsEvents>(event: Event, listener: Listener<Event>): this {
    emitter.off.call(this, event, listener);
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
    emitter.removeAllListeners.apply(this, event === undefined ? [] : [event]);
    return this;
  }

  /** Calls the listeners added by on(). Node.js also calls it, for listeners of `newListener` and `removeListener`. */
  emit<Event extends keyof WsEvents>(event: Event, ...args: WsEvents[Event]): boolean {
    return emitter.emit.call(this, event, ...args);
  }

  /** @internal Emits an event as in browsers, then as the package ws does, with these arguments. */
  emitBoth(event: Event, ...args: WsEvents[keyof WsEvents]): void {
    this.dispatchEvent(event);
    // Without a listener, an emitter throws on `error`.
    if (emitter.listenerCount.call(this, event.type) > 0)
      callUser(() => this.emit(event.type as keyof WsEvents, ...args));
  }
}
