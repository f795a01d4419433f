import fc from 'fast-check';

/** Texts that may break out of a quoted parameter. */
const hostile = fc.constantFrom(
  '"',
  ',',
  '\\',
  '\r',
  '\n',
  '\r\n',
  '\0',
  'AT+RST',
  '\r\nAT+RST\r\n',
  '",0,"',
  '\\"',
  '%0d%0a',
  '>',
  ' ',
  '\t',
  'é',
  '😀',
  '\ud800',
  '\u2028',
  'ws://h/',
);

/** Texts of any kind and length, often with characters that have a meaning in an AT command line. */
export function anyText(): fc.Arbitrary<string> {
  const pieces = fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 12 }));
  return fc.oneof(
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
    fc.tuple(pieces, fc.nat(600)).map(([piece, count]) => piece.repeat(count)),
  );
}

/** Values of any type that a caller without a compiler may pass. */
export function anyValue(): fc.Arbitrary<unknown> {
  return fc.oneof(
    anyText(),
    fc.double(),
    fc.integer({ min: -2, max: 20_000 }),
    fc.constantFrom(undefined, null, true, false, Symbol('s'), 10n, {}, [], () => 1, new Date(0)),
    fc.uint8Array({ maxLength: 8 }),
    fc.object({ maxDepth: 1 }),
  );
}
