import type { OpenOptions } from '../link/options';
import type { RecordedOpen } from './lines';
import { maskedOpen } from './secrets';

/** Encoded options, kept because every snapshot holds those of all open links. */
const encoded = new WeakMap<OpenOptions, RecordedOpen>();

/** Encodes the options of an `open()` call as JSON, without secrets. Takes any values: the driver checks some later. */
export function encodeOpen(options: OpenOptions): RecordedOpen {
  const recorded = encode(options);
  encoded.set(options, recorded);
  return recorded;
}

/** Returns the options as {@link encodeOpen} has encoded them before. */
export function encodedOpen(options: OpenOptions): RecordedOpen {
  return encoded.get(options) ?? encodeOpen(options);
}

function encode(options: OpenOptions): RecordedOpen {
  const { uri, subprotocol, timeoutMs, authorization, headers, config } = options;
  const { keepOpen, replace, owner, framing, maxMessageBytes } = options;
  const { framing: kept, ...masked } = maskedOpen({
    uri,
    subprotocol,
    timeoutMs,
    authorization,
    headers,
    config: numbersOf(config),
    keepOpen,
    replace,
    owner,
    framing,
    maxMessageBytes,
  });
  if (kept?.by !== 'delimiter') return { ...masked, ...(kept && { framing: kept }) };
  const delimiter = Buffer.from(kept.delimiter).toString('latin1');
  return { ...masked, framing: { by: 'delimiter', delimiter } };
}

export function decodeOpen({ framing, ...others }: RecordedOpen): OpenOptions {
  if (framing?.by !== 'delimiter') return { ...others, ...(framing && { framing }) };
  const delimiter = Buffer.from(framing.delimiter, 'latin1');
  return { ...others, framing: { by: 'delimiter', delimiter } };
}

/** Returns a configuration without the values that are no numbers, which are invalid. */
function numbersOf(config: OpenOptions['config']): OpenOptions['config'] {
  const numbers = Object.entries(config ?? {}).filter(([, value]) => typeof value === 'number');
  return config && Object.fromEntries(numbers);
}
