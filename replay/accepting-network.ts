import type { Clock, Network } from '../simulator';
import { LATENCY_MS } from '../simulator/replay/recorded-server';
import { acceptUpgrade } from '../simulator/websocket/handshake';

/** The server's end of a connection. */
export interface ServerEnd {
  send(bytes: Buffer): void;
  end(): void;
}

/**
 * A network whose servers accept every WebSocket with its first subprotocol, and send only frames of the caller.
 * @param accepted called with each connection that a server has accepted
 */
export function acceptingNetwork(
  clock: Clock,
  accepted: (server: ServerEnd) => void = () => undefined,
): Network {
  return {
    connect: (_target, handlers) => {
      let head = '';
      let isOver = false;
      const later = (act: () => void) =>
        clock.after(LATENCY_MS, () => {
          if (!isOver) act();
        });
      const leave = () => {
        isOver = true;
      };
      later(() => handlers.connected());
      return {
        write: (bytes) => {
          if (head.includes('\r\n\r\n')) return true;
          head += bytes.toString('latin1');
          if (!head.includes('\r\n\r\n')) return true;
          later(() => handlers.data(acceptUpgrade(head)));
          accepted({
            send: (frame) => later(() => handlers.data(frame)),
            end: () => later(() => handlers.ended()),
          });
          return true;
        },
        destroy: leave,
        reset: leave,
        pause: () => undefined,
        resume: () => undefined,
      };
    },
  };
}
