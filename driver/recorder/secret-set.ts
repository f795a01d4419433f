import type { LinkId } from '../at/types';
import { indexPatterns, redacted, type PatternIndex } from './redact';
import { patternsOf, type Secret, type SecretPattern } from './secret-pattern';

/** Maximum of calls of one kind whose secrets it keeps, beside those in use: a flow may bring a new token each time. */
const MAX_CALLS = 200;

/** Calls that bring secrets: `open()` by its link, commands of the user, and the doctor's. */
type CallKind = LinkId | 'command' | 'examine';

/** The secrets of a device, in all their encodings. */
export class SecretSet {
  readonly #lasting: readonly SecretPattern[];
  /**
   * By kind and secrets, the newest last: the calls for one link do not push out the secrets of another one, which may stay
   * open.
   */
  readonly #calls = new Map<CallKind, Map<string, readonly SecretPattern[]>>();
  #index: PatternIndex;

  /** @param lasting secrets to keep for good */
  constructor(lasting: readonly Secret[] = []) {
    this.#lasting = lasting.flatMap(patternsOf);
    this.#index = indexPatterns(this.#lasting);
  }

  /**
   * Adds the secrets of a call; drops those of the oldest call of its kind beyond a limit.
   * @param inUse returns secrets of earlier calls that must stay
   */
  add(
    kind: CallKind,
    secrets: readonly Secret[],
    inUse: () => readonly (readonly Secret[])[] = () => [],
  ): void {
    const calls = this.#calls.get(kind) ?? new Map<string, readonly SecretPattern[]>();
    this.#calls.set(kind, calls);
    const key = keyOf(secrets);
    const known = calls.get(key);
    calls.delete(key);
    calls.set(key, known ?? secrets.flatMap(patternsOf));
    if (calls.size > MAX_CALLS) {
      const kept = new Set(inUse().map(keyOf));
      const oldest = [...calls.keys()].find((each) => !kept.has(each));
      if (oldest !== undefined) calls.delete(oldest);
    }
    if (known) return;
    const all = [...this.#calls.values()].flatMap((each) => [...each.values()].flat());
    this.#index = indexPatterns([...this.#lasting, ...all]);
  }

  get index(): PatternIndex {
    return this.#index;
  }

  /** A text without secrets, of the same length in UTF-8. */
  redactText(text: string): string {
    const bytes = Buffer.from(text);
    const clean = redacted(this.#index, bytes, 'complete').bytes;
    return clean === bytes ? text : Buffer.from(clean).toString();
  }
}

const keyOf = (secrets: readonly Secret[]): string => JSON.stringify(secrets);
