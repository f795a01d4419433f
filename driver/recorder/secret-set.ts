import type { LinkId } from '../at/types';
import { indexPatterns, redacted, type PatternIndex } from './redact';
import { patternsOf, type Secret, type SecretPattern } from './secret-pattern';
import { secretsOfCommand } from './secrets';

/** Most encodings of secrets of one link's `open()` calls to keep: a flow may bring a new token each time. */
const MAX_PATTERNS = 1000;
/** Most commands of the user whose parameters to keep: more than can be pending. */
const MAX_COMMANDS = 200;

/** The secrets of a device, in all their encodings. */
export class SecretSet {
  readonly #lasting: readonly SecretPattern[];
  /** By link, the newest last: the calls for one link do not push out the secrets of another one, which may stay open. */
  readonly #added = new Map<LinkId | undefined, readonly SecretPattern[]>();
  /** By command of the user, the newest last. */
  readonly #commands = new Map<string, readonly SecretPattern[]>();
  #index: PatternIndex;

  /** @param lasting secrets to keep for good */
  constructor(lasting: readonly Secret[] = []) {
    this.#lasting = lasting.flatMap(patternsOf);
    this.#index = indexPatterns(this.#lasting);
  }

  /** Adds secrets; drops the oldest of the same link beyond a limit. */
  add(secrets: readonly Secret[], link?: LinkId): void {
    const before = this.#added.get(link) ?? [];
    const patterns = secrets.flatMap(patternsOf);
    const has = (all: readonly SecretPattern[], { find }: SecretPattern) =>
      all.some((each) => each.find.equals(find));
    const isKnown = patterns.every((pattern) => has(before, pattern));
    const others = before.filter((pattern) => !has(patterns, pattern));
    this.#added.set(link, [...others, ...patterns].slice(-MAX_PATTERNS));
    if (!isKnown) this.#index = indexPatterns(this.#all);
  }

  /** Adds the quoted parameters of a command of the user; drops those of the oldest command beyond a limit. */
  addCommand(line: string): void {
    const known = this.#commands.get(line);
    this.#commands.delete(line);
    this.#commands.set(line, known ?? secretsOfCommand(line).flatMap(patternsOf));
    const [oldest = ''] = this.#commands.keys();
    if (this.#commands.size > MAX_COMMANDS) this.#commands.delete(oldest);
    if (!known) this.#index = indexPatterns(this.#all);
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
    return [...this.#lasting, ...[...this.#added.values(), ...this.#commands.values()].flat()];
  }
}
