import type { Clock, Network } from '../simulator';
import { acceptFor } from '../simulator/websocket/handshake';

const LATENCY_MS = 1;

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
          later(() => handlers.data(Buffer.from(acceptance(head))));
          accepted({
            send: (frame) => later(() => handlers.data(frame)),
            end: () => later(() => handlers.ended?.()),
          });
          return true;
        },
        end: () => later(() => handlers.closed()),
        destroy: leave,
        reset: leave,
        pause: () => undefined,
        resume: () => undefined,
      };
    },
  };
}

function acceptance(request: string): string {
  const header = (name: string) => new RegExp(`^${name}: *(.*?)\\r$`, 'im').exec(request)?.[1];
  const [protocol = ''] = (header('Sec-WebSocket-Protocol') ?? '').split(/ *, */);
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptFor(header('Sec-WebSocket-Key') ?? '')}`,
    ...(protocol === '' ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    '',
    '',
  ].join('\r\n');
}
