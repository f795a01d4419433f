import type { OpenOptions } from '../link/options';
import type { RecordedOpen } from './lines';
import { placeholderText } from './placeholder';
import { maskedUri } from './secrets';

/** Encodes checked options of an `open()` call as JSON, without secrets, and without what a user has added to them. */
export function encodeOpen(options: OpenOptions): RecordedOpen {
  const { uri, subprotocol, timeoutMs, authorization, headers, config } = options;
  const { keepOpen, replace, owner, framing, maxMessageBytes } = options;
  return {
    uri: maskedUri(uri),
    subprotocol,
    timeoutMs,
    ...(authorization && { authorization: placeholderText(authorization) }),
    ...(headers && {
      headers: headers.map(({ name, value }) => ({ name, value: placeholderText(value) })),
    }),
    config,
    keepOpen,
    replace,
    owner,
    ...(framing && {
      framing:
        framing.by === 'delimiter'
          ? { by: 'delimiter', delimiter: Buffer.from(framing.delimiter).toString('latin1') }
          : framing,
    }),
    maxMessageBytes,
  };
}

export function decodeOpen({ framing, ...others }: RecordedOpen): OpenOptions {
  if (framing?.by !== 'delimiter') return { ...others, ...(framing && { framing }) };
  const delimiter = Buffer.from(framing.delimiter, 'latin1');
  return { ...others, framing: { by: 'delimiter', delimiter } };
}
