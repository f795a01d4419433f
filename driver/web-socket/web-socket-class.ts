import type { LinkPool } from './link-pool';
import type { WebSocketClassOptions, WebSocketOptions } from './options';
import { DeviceWebSocket } from './web-socket';

/** The class that {@link Device.webSocketClass} makes. */
export interface WebSocketConstructor {
  new (
    url: string | URL,
    protocols?: string | readonly string[],
    options?: WebSocketOptions,
  ): DeviceWebSocket;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
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
