import type { ErrorCode } from '../errors';
import type { Flaw } from './flaw';
import { quotedLength } from './text';
import { COMMAND_LINE_LIMIT_BYTES, WSOPEN_START_BYTES } from './uri';

/** Timeout of `Link.open()` in milliseconds, unless its options say otherwise: the default of `AT+WSOPEN` too. */
export const DEFAULT_OPEN_TIMEOUT_MS = 15_000;

/** Parameters of an `AT+WSOPEN`, each valid; empty where absent. */
export interface WsopenParameters {
  readonly uri: string;
  readonly subprotocol: string;
  readonly timeoutMs: number | undefined;
  readonly authorization: string;
}

/** Bytes of the command line. */
export function wsopenBytes({
  uri,
  subprotocol,
  timeoutMs,
  authorization,
}: WsopenParameters): number {
  const start = WSOPEN_START_BYTES + quotedLength(uri);
  const subprotocolBytes = subprotocol === '' ? 0 : quotedLength(subprotocol);
  const timeoutBytes = String(timeoutMs ?? DEFAULT_OPEN_TIMEOUT_MS).length;
  // An authorization needs a timeout before it; only the subprotocol may be left empty.
  if (authorization !== '')
    return start + 3 + subprotocolBytes + timeoutBytes + quotedLength(authorization);
  if (timeoutMs !== undefined) return start + 2 + subprotocolBytes + timeoutBytes;
  return subprotocolBytes === 0 ? start : start + 1 + subprotocolBytes;
}

/** Returns why the parameters do not fit into one command line, and the code for the one to shorten. */
export function wsopenFlaw(
  parameters: WsopenParameters,
): { readonly code: ErrorCode; readonly flaw: Flaw } | undefined {
  const excess = wsopenBytes(parameters) - COMMAND_LINE_LIMIT_BYTES;
  if (excess <= 0) return undefined;
  if (parameters.authorization !== '')
    return { code: 'INVALID_AUTHORIZATION', flaw: { reason: 'TOO_LONG_WITH_URI', excess } };
  if (parameters.subprotocol !== '')
    return { code: 'INVALID_SUBPROTOCOL', flaw: { reason: 'TOO_LONG_WITH_URI', excess } };
  return { code: 'INVALID_URI', flaw: { reason: 'TOO_LONG_WITH_TIMEOUT', excess } };
}
