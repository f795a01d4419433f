import type { LinkPool } from './link-pool';
import type { WebSocketClassOptions, WebSocketOptions } from './options';
import { DeviceWebSocket } from './web-socket';

/** The class that {@link Device.webSocketClass} makes. */
export interface WebSocketConstructor extends Pick<
  typeof DeviceWebSocket,
  'CONNECTING' | 'OPEN' | 'CLOSING' | 'CLOSED'
> {
  /** As the constructor of WHATWG's WebSocket; `options` as those of the package ws. */
  new (
    url: string | URL,
    protocols?: string | readonly string[],
    options?: WebSocketOptions,
  ): DeviceWebSocket;
}

/** Makes a WebSocket class over the links of a pool. */
export function webSocketClass(
  pool: LinkPool,
  classOptions: WebSocketClassOptions,
): WebSocketConstructor {
  return class WebSocket extends DeviceWebSocket {
    constructor(...given: ConstructorParameters<WebSocketConstructor>) {
      super(pool, classOptions, ...given);
    }
  };
}
