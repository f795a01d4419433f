import type { ErrorCode } from '../errors';
import type { Flaw } from './flaw';
import { quoted, utf8Length } from './text';
import { COMMAND_LINE_LIMIT_BYTES } from './uri';

/** Timeout of `Link.open()` in milliseconds, unless its options say otherwise: the default of `AT+WSOPEN` too. */
export const DEFAULT_OPEN_TIMEOUT_MS = 15_000;

/** Parameters of an `AT+WSOPEN`, each valid; empty where absent. */
export interface WsopenParameters {
  readonly uri: string;
  readonly subprotocol: string;
  readonly timeoutMs: number | undefined;
  readonly authorization: string;
}

/** Returns the command line of a link. Only the field of the subprotocol may be empty; `""` there sends an empty header. */
export function wsopenLine(link: number, parameters: WsopenParameters): string {
  const { uri, timeoutMs, authorization } = parameters;
  const subprotocol = parameters.subprotocol === '' ? '' : quoted(parameters.subprotocol);
  const line = `AT+WSOPEN=${link},${quoted(uri)}`;
  if (authorization !== '')
    return `${line},${subprotocol},${timeoutMs ?? DEFAULT_OPEN_TIMEOUT_MS},${quoted(authorization)}`;
  if (timeoutMs !== undefined) return `${line},${subprotocol},${timeoutMs}`;
  return subprotocol === '' ? line : `${line},${subprotocol}`;
}

/** Bytes of the command line that are too many. */
export function wsopenExcess(parameters: WsopenParameters): number {
  return Math.max(0, utf8Length(wsopenLine(0, parameters)) - COMMAND_LINE_LIMIT_BYTES);
}

/** Returns why the parameters do not fit into one command line, and the code for the one to shorten. */
export function wsopenFlaw(
  parameters: WsopenParameters,
): { readonly code: ErrorCode; readonly flaw: Flaw } | undefined {
  const excess = wsopenExcess(parameters);
  if (excess === 0) return undefined;
  if (parameters.authorization !== '')
    return { code: 'INVALID_AUTHORIZATION', flaw: { reason: 'TOO_LONG_WITH_URI', excess } };
  if (parameters.subprotocol !== '')
    return { code: 'INVALID_SUBPROTOCOL', flaw: { reason: 'TOO_LONG_WITH_URI', excess } };
  return { code: 'INVALID_URI', flaw: { reason: 'TOO_LONG_WITH_TIMEOUT', excess } };
}
