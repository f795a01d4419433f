import type { ErrorCode } from '../errors';
import type { Flaw } from './flaw';
import { quotedLength } from './text';
import { COMMAND_LINE_LIMIT_BYTES, WSOPEN_START_BYTES } from './uri';

/** Milliseconds of an open, unless its options say otherwise: the default of `AT+WSOPEN` too. */
export const DEFAULT_OPEN_TIMEOUT_MS = 15_000;

/** Parameters of an `AT+WSOPEN`, each valid; empty where absent. */
export interface OpenLine {
  readonly uri: string;
  readonly subprotocol: string;
  readonly timeout: number | undefined;
  readonly authorization: string;
}

/** Bytes of the command line. */
export function openLineBytes({ uri, subprotocol, timeout, authorization }: OpenLine): number {
  const start = WSOPEN_START_BYTES + quotedLength(uri);
  const subprotocolBytes = subprotocol === '' ? 0 : quotedLength(subprotocol);
  const timeoutBytes = String(timeout ?? DEFAULT_OPEN_TIMEOUT_MS).length;
  // Of the parameters before another one, only the subprotocol may be empty.
  if (authorization !== '')
    return start + 3 + subprotocolBytes + timeoutBytes + quotedLength(authorization);
  if (timeout !== undefined) return start + 2 + subprotocolBytes + timeoutBytes;
  return subprotocolBytes === 0 ? start : start + 1 + subprotocolBytes;
}

/** Returns why the parameters do not fit into one command line, and the code for the one to shorten; undefined where they fit. */
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
