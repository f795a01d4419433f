import fc from 'fast-check';
import { anyText } from './any-text';

/** Values near the edge of what a field takes, and any text. */
export const near = (...values: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(...values),
    fc.tuple(fc.constantFrom(...values), anyText()).map(([start, end]) => start + end),
    anyText(),
    fc.integer({ min: -10, max: 200_000 }).map(String),
    fc.double().map(String),
  );
