import { createHash } from 'node:crypto';

/** An upgrade request as received. */
export interface UpgradeRequest {
  /** The request target: path and query. */
  readonly target: string;
  /** Names and values, in the order and case of the request. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** When it came, in milliseconds of the server's clock. */
  readonly at: number;
  /** The common name in the client's certificate, if there is one. */
  readonly clientName: string | undefined;
}

/** The server's reaction to a request. */
export type Reaction =
  /** Accepts after `delay` ms; `early`: sends {@link EARLY_TEXT} in the segment of the 101. */
  | {
      readonly kind: 'accept';
      readonly delay: number;
      readonly response: Buffer;
      readonly early: boolean;
    }
  /** Sends the response and closes TCP. */
  | { readonly kind: 'refuse'; readonly response: Buffer }
  /** Sends nothing and keeps the connection. */
  | { readonly kind: 'silent' };

/** The text frame that `/early` sends together with its 101. */
export const EARLY_TEXT = 'early-bird';

/** Parses a request up to its empty line; undefined while that is missing. */
export function parseRequest(
  bytes: Buffer,
  at: number,
  clientName: string | undefined,
): { request: UpgradeRequest; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [start = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  // A target may hold a raw double quote but never a space.
  const target = start.split(' ')[1] ?? '';
  return { request: { target, headers, at, clientName }, length: end + 4 };
}

/** The value of a header; case is ignored. */
export function headerOf(request: UpgradeRequest, name: string): string | undefined {
  const lower = name.toLowerCase();
  return request.headers.find(([key]) => key.toLowerCase() === lower)?.[1];
}

/**
 * The reaction by path: `/plain` and unknown paths accept · `/slow=N` accepts after N ms · `/silent` sends nothing · `/401`
 * responds with that status · `/badkey` responds with a wrong accept key · `/garbage` sends no HTTP · `/early` sends a text
 * frame in the segment of its 101 · `/subok` accepts the first subprotocol. `/echo` accepts, and its connection echoes
 * messages.
 */
export function reactionTo(request: UpgradeRequest): Reaction {
  const path = request.target.split('?')[0] ?? '';
  const slow = /^\/slow=(\d+)/.exec(path);
  if (slow) return accept(request, { delay: Number(slow[1]) });
  switch (path) {
    case '/silent':
      return { kind: 'silent' };
    case '/401':
      return refuse('401 Unauthorized', ['WWW-Authenticate: Basic realm="test"']);
    case '/garbage':
      return { kind: 'refuse', response: Buffer.from('not HTTP\r\n\r\n') };
    case '/badkey':
      return accept(request, { key: Buffer.alloc(20).toString('base64') });
    case '/early':
      return accept(request, { early: true });
    case '/subok':
      return accept(request, { subprotocol: firstSubprotocol(request) });
    default:
      return accept(request, {});
  }
}

function firstSubprotocol(request: UpgradeRequest): string | undefined {
  return headerOf(request, 'Sec-WebSocket-Protocol')?.split(',')[0]?.trim();
}

function accept(
  request: UpgradeRequest,
  how: { delay?: number; key?: string; early?: boolean; subprotocol?: string | undefined },
): Reaction {
  const key = how.key ?? acceptKey(headerOf(request, 'Sec-WebSocket-Key') ?? '');
  const lines = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${key}`];
  if (how.subprotocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${how.subprotocol}`);
  return {
    kind: 'accept',
    delay: how.delay ?? 0,
    early: how.early ?? false,
    response: head('101 Switching Protocols', lines),
  };
}

function refuse(status: string, lines: readonly string[]): Reaction {
  return { kind: 'refuse', response: head(status, [...lines, 'Content-Length: 0']) };
}

function head(status: string, lines: readonly string[]): Buffer {
  return Buffer.from([`HTTP/1.1 ${status}`, ...lines, '', ''].join('\r\n'), 'latin1');
}

/** RFC 6455, section 4.2.2. */
function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}
