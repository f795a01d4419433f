import { EspAtError, type ErrorCode } from '../errors';

/** Error texts of operating systems, Node and the serial binding, by code. The first match counts. */
const CODES: readonly (readonly [RegExp, ErrorCode])[] = [
  [
    /cannot lock|TIOCEXCL|EBUSY|EAGAIN|busy|temporarily unavailable|sharing violation/i,
    'PORT_BUSY',
  ],
  [/EACCES|EPERM|permission denied|not permitted/i, 'PORT_PERMISSION'],
  [
    /ENOENT|ENODEV|ENXIO|ENOTDIR|no such|file not found|not a directory|unknown error code 2\b/i,
    'PORT_NOT_FOUND',
  ],
  [
    /ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ETIMEDOUT|ENOTFOUND|EAI_/,
    'PORT_UNREACHABLE',
  ],
];

/** Returns the error of a port that failed to open, or to execute a call. */
export function portFailure(port: string, cause: unknown): EspAtError {
  if (cause instanceof EspAtError) return cause;
  const reason = reasonOf(cause);
  // The code first: a message may quote the host of the address, which could match a pattern (`busy.local`). Windows denies
  // access to a port that another program holds.
  const text =
    codeOf(cause) || reason.replaceAll(port, '').replace(/^.*access (is )?denied.*$/i, 'EBUSY');
  const code = CODES.find(([pattern]) => pattern.test(text))?.[1] ?? 'PORT_FAILED';
  return new EspAtError(code, { port, reason }, { cause });
}

/** Returns code and message on one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = error.message.replace(/^(Error:? )+/, '').replace(/\s+/g, ' ');
  // Node gives one error for several addresses, with an empty message.
  const code = codeOf(error);
  return message.includes(code) ? message : `${code} ${message}`.trim();
}

/** Returns the system's code of an error, such as `ENOENT`; empty where it has none. */
function codeOf(error: unknown): string {
  const isCoded = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return isCoded ? String(error.code) : '';
}
