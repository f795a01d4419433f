import type { OpenOptions } from '../link/options';
import type { RecordedOpen } from './lines';
import { maskedOpen } from './secrets';

/** The options of an open as JSON, without secrets. */
export function encodeOpen(options: OpenOptions): RecordedOpen {
  const { framing, ...others } = maskedOpen(options);
  if (framing?.by !== 'delimiter') return { ...others, ...(framing && { framing }) };
  const delimiter = Buffer.from(framing.delimiter).toString('latin1');
  return { ...others, framing: { by: 'delimiter', delimiter } };
}

export function decodeOpen({ framing, ...others }: RecordedOpen): OpenOptions {
  if (framing?.by !== 'delimiter') return { ...others, ...(framing && { framing }) };
  const delimiter = Buffer.from(framing.delimiter, 'latin1');
  return { ...others, framing: { by: 'delimiter', delimiter } };
}
