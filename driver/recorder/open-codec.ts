import type { OpenOptions } from '../link/options';
import type { RecordedOpen } from './lines';
import { maskedOpen } from './secrets';

/** As they were at their open. */
const encoded = new WeakMap<OpenOptions, RecordedOpen>();

/** The options of an open as JSON, without secrets. Takes any values: some are checked only when the device is known. */
export function encodeOpen(options: OpenOptions): RecordedOpen {
  const recorded = encode(options);
  encoded.set(options, recorded);
  return recorded;
}

/** As {@link encodeOpen}, but encodes once: every snapshot holds the options of all open links. */
export function encodedOpen(options: OpenOptions): RecordedOpen {
  return encoded.get(options) ?? encodeOpen(options);
}

function encode(options: OpenOptions): RecordedOpen {
  const { uri, subprotocol, timeoutMs, authorization, headers, config } = options;
  const { keepOpen, replace, owner, framing, maxMessageBytes } = options;
  const { framing: by, ...masked } = maskedOpen({
    uri,
    subprotocol,
    timeoutMs,
    authorization,
    headers,
    config: plain(config),
    keepOpen,
    replace,
    owner,
    framing,
    maxMessageBytes,
  });
  if (by?.by !== 'delimiter') return { ...masked, ...(by && { framing: by }) };
  const delimiter = Buffer.from(by.delimiter).toString('latin1');
  return { ...masked, framing: { by: 'delimiter', delimiter } };
}

export function decodeOpen({ framing, ...others }: RecordedOpen): OpenOptions {
  if (framing?.by !== 'delimiter') return { ...others, ...(framing && { framing }) };
  const delimiter = Buffer.from(framing.delimiter, 'latin1');
  return { ...others, framing: { by: 'delimiter', delimiter } };
}

/** The numbers of a configuration. */
function plain(config: OpenOptions['config']): OpenOptions['config'] {
  const numbers = Object.entries(config ?? {}).filter(([, value]) => typeof value === 'number');
  return config && Object.fromEntries(numbers);
}
