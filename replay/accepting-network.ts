import { createHash } from 'node:crypto';
import type { Clock, Network } from '../simulator';

/** Milliseconds that a segment takes. */
const LATENCY_MS = 1;
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A network whose servers accept every WebSocket, with the first subprotocol asked for, and then say nothing. */
export function acceptingNetwork(clock: Clock): Network {
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
          const isRequested = head.includes('\r\n\r\n');
          if (!isRequested) head += bytes.toString('latin1');
          if (!isRequested && head.includes('\r\n\r\n'))
            later(() => handlers.data(Buffer.from(acceptance(head))));
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
  const key = header('Sec-WebSocket-Key') ?? '';
  const accept = createHash('sha1').update(`${key}${WEBSOCKET_GUID}`).digest('base64');
  const [protocol = ''] = (header('Sec-WebSocket-Protocol') ?? '').split(/ *, */);
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    ...(protocol === '' ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    '',
    '',
  ].join('\r\n');
}
