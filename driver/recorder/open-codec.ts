import type { LinkConfig } from '../commands/wscfg';
import type { OpenOptions } from '../link/options';
import type { Framing } from '../link/receive/options';
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
    authorization: authorization && placeholderText(authorization),
    headers: headers?.map(({ name, value }) => ({ name, value: placeholderText(value) })),
    config: config && encodeConfig(config),
    keepOpen,
    replace,
    owner,
    framing: framing && encodeFraming(framing),
    maxMessageBytes,
  };
}

function encodeConfig(config: LinkConfig): LinkConfig {
  const { pingIntervalMs, pongTimeoutMs, bufferBytes, auth, pki, ca } = config;
  return { pingIntervalMs, pongTimeoutMs, bufferBytes, auth, pki, ca };
}

function encodeFraming(framing: Framing): NonNullable<RecordedOpen['framing']> {
  switch (framing.by) {
    case 'delimiter':
      return { by: 'delimiter', delimiter: Buffer.from(framing.delimiter).toString('latin1') };
    case 'idle':
      return { by: 'idle', idleMs: framing.idleMs };
    default:
      return { by: framing.by };
  }
}

export function decodeOpen({ framing, ...others }: RecordedOpen): OpenOptions {
  if (framing?.by !== 'delimiter') return { ...others, framing };
  const delimiter = Buffer.from(framing.delimiter, 'latin1');
  return { ...others, framing: { by: 'delimiter', delimiter } };
}
