/** A WebSocket URI as the firmware parses it. */
export interface WebSocketUri {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** Path and query; the fragment is dropped. */
  readonly path: string;
  /** `user:password` as written; the firmware ignores a user without a colon. */
  readonly userInfo: string | undefined;
}

const uriForm =
  /^(?<scheme>[a-z]+):\/\/(?:(?<userInfo>[a-z0-9\-_.!~*'()%;:&=+$,]*)@)?(?<host>[a-z0-9._-]+|\[[0-9a-f:.%]+\])(?::(?<port>\d+))?(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?(?<fragment>#.*)?$/i;

/** Undefined for a URI that the firmware refuses, such as one with another scheme, or with a byte outside 0x21-0x7e. */
export function parseUri(text: string): WebSocketUri | undefined {
  if (!/^[\x21-\x7e]*$/.test(text)) return undefined;
  const parts = uriForm.exec(text)?.groups;
  const scheme = parts?.scheme?.toLowerCase();
  const host = parts?.host;
  if (!parts || host === undefined || (scheme !== 'ws' && scheme !== 'wss')) return undefined;
  // The firmware accepts a fragment only behind a path or a query.
  if (parts.fragment !== undefined && parts.path === undefined && parts.query === undefined) {
    return undefined;
  }
  const secure = scheme === 'wss';
  const port = parts.port === undefined ? 0 : Number(parts.port);
  if (port > 0xffff) return undefined;
  const query = parts.query;
  return {
    secure,
    host: host.replace(/^\[|\]$/g, ''),
    port: port === 0 ? (secure ? 443 : 80) : port,
    path: (parts.path ?? '/') + (query === undefined || query === '' ? '' : `?${query}`),
    userInfo: parts.userInfo?.includes(':') === true ? parts.userInfo : undefined,
  };
}
