import { isFlowError } from '../errors/node-error';
import type { CodedError } from '../errors/sentence';

/** A failure as the editor gets it: it says the sentence in its own language, which may not be the server's. */
export function codedCopy(error: unknown): CodedError {
  // No catalog has this code: the editor shows the message.
  if (!isFlowError(error)) return { code: 'UNKNOWN', details: {}, message: String(error) };
  const { code, details, message, cause } = error;
  return { code, details, message, ...(isFlowError(cause) ? { cause: codedCopy(cause) } : {}) };
}
