import type { LinkPool } from './link-pool';
import type { WebSocketClassOptions, WebSocketOptions } from './options';
import { DeviceWebSocket } from './web-socket';

/** The class that {@link Device.webSocketClass} makes. */
export interface WebSocketConstructor {
  /** As the constructor of WHATWG's WebSocket; `options` as those of the package ws. */
  new (
    url: string | URL,
    protocols?: string | readonly string[],
    options?: WebSocketOptions,
  ): DeviceWebSocket;
  /** `readyState` while the link opens. */
  readonly CONNECTING: 0;
  /** `readyState` while it is open. */
  readonly OPEN: 1;
  /** `readyState` during the close. */
  readonly CLOSING: 2;
  /** `readyState` at the end. */
  readonly CLOSED: 3;
}

/** Makes a WebSocket class over the links of a pool. */
export function webSocketClass(
  pool: LinkPool,
  classOptions: WebSocketClassOptions,
): WebSocketConstructor {
  return class WebSocket extends DeviceWebSocket {
    constructor(
      url: string | URL,
      protocols?: string | readonly string[],
      options?: WebSocketOptions,
    ) {
      super(pool, classOptions, url, protocols, options);
    }
  };
}
