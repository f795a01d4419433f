import { indexPatterns, redacted, type PatternIndex } from './redact';
import { patternsOf, type Secret, type SecretPattern } from './secret-pattern';

/** Encodings of the secrets of opens that are remembered, at most: a flow may bring a new token each time. */
const MAX_PATTERNS = 1000;

/** All secrets of a device, in all their encodings. */
export class SecretSet {
  readonly #lasting: readonly SecretPattern[];
  #added: readonly SecretPattern[] = [];
  #index: PatternIndex;

  /** @param lasting are never forgotten */
  constructor(lasting: readonly Secret[] = []) {
    this.#lasting = lasting.flatMap(patternsOf);
    this.#index = indexPatterns(this.#lasting);
  }

  /** Adds secrets; forgets the oldest beyond a bound. */
  add(secrets: readonly Secret[]): void {
    const known = new Set(this.#all.map(({ find }) => find.toString('latin1')));
    const fresh = secrets
      .flatMap(patternsOf)
      .filter(({ find }) => !known.has(find.toString('latin1')));
    if (fresh.length === 0) return;
    this.#added = [...this.#added, ...fresh].slice(-MAX_PATTERNS);
    this.#index = indexPatterns(this.#all);
  }

  get index(): PatternIndex {
    return this.#index;
  }

  /** A text without secrets, of the same length. */
  redactText(text: string): string {
    return Buffer.from(this.redactBytes(Buffer.from(text))).toString();
  }

  /** Bytes without secrets: a copy where they hold any. */
  redactBytes(bytes: Uint8Array): Uint8Array {
    return redacted(this.#index, bytes, 'complete').bytes;
  }

  get #all(): readonly SecretPattern[] {
    return [...this.#lasting, ...this.#added];
  }
}
