import type { ErrorCode } from '../errors';
import type { Flaw } from './flaw';
import { quotedLength } from './text';
import { COMMAND_LINE_LIMIT_BYTES } from './uri';

/** Milliseconds the device waits for a server unless told otherwise. */
export const DEFAULT_OPEN_TIMEOUT_MS = 15_000;

/** What an `AT+WSOPEN` says; each value is valid, empty where there is none. */
export interface OpenLine {
  readonly uri: string;
  readonly subprotocol: string;
  readonly timeout: number | undefined;
  readonly authorization: string;
}

/** Bytes of the command line. */
export function openLineBytes({ uri, subprotocol, timeout, authorization }: OpenLine): number {
  const start = 'AT+WSOPEN=0,'.length + quotedLength(uri);
  const name = subprotocol === '' ? 0 : quotedLength(subprotocol);
  const time = String(timeout ?? DEFAULT_OPEN_TIMEOUT_MS).length;
  // No field may be empty but the subprotocol's.
  if (authorization !== '') return start + 3 + name + time + quotedLength(authorization);
  if (timeout !== undefined) return start + 2 + name + time;
  return name === 0 ? start : start + 1 + name;
}

/** Why the values do not fit into one command line together, and the code of the value to change; or undefined. */
export function openLineFlaw(
  line: OpenLine,
): { readonly code: ErrorCode; readonly flaw: Flaw } | undefined {
  const excess = openLineBytes(line) - COMMAND_LINE_LIMIT_BYTES;
  if (excess <= 0) return undefined;
  if (line.authorization !== '')
    return { code: 'INVALID_AUTHORIZATION', flaw: { reason: 'TOO_LONG_WITH_URI', excess } };
  if (line.subprotocol !== '')
    return { code: 'INVALID_SUBPROTOCOL', flaw: { reason: 'TOO_LONG_WITH_URI', excess } };
  return { code: 'INVALID_URI', flaw: { reason: 'TOO_LONG_WITH_TIMEOUT', excess } };
}
