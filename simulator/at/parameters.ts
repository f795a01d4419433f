import { CommandError, errorCode } from './errors';

const decimal = /^-?\d+$/;
const hexadecimal = /^0[xX][0-9a-fA-F]+$/;
const MAX_INTEGER = 0x7fff_ffff;

/**
 * The values after `=`, split at commas that no backslash escapes (quotes do not escape them). A missing value and one
 * that does not parse fail with a code, an empty one without.
 */
export class Parameters {
  readonly #raw: readonly string[];

  constructor(text: string) {
    this.#raw = split(text);
  }

  get count(): number {
    return this.#raw.length;
  }

  /** Fails when there are more than `maximum` values. */
  atMost(maximum: number): void {
    if (this.count > maximum) throw new CommandError();
  }

  /** Fails unless there are exactly `count` values. */
  exactly(count: number): void {
    if (this.count !== count) throw new CommandError();
  }

  /** Whether there is a value at `index`, even an empty one. */
  has(index: number): boolean {
    return index < this.count;
  }

  /** Whether there is a value at `index` that is not empty. */
  isFilled(index: number): boolean {
    return (this.#raw[index] ?? '') !== '';
  }

  /**
   * The number at `index`, from `minimum` to `maximum`.
   *
   * @param outOfRange code of a number out of range; most commands have none there
   */
  number(index: number, minimum: number, maximum: number, outOfRange?: number): number {
    const raw = this.#raw[index];
    if (raw === undefined) throw new CommandError(errorCode.unparsable(index));
    if (raw === '') throw new CommandError();
    if (!decimal.test(raw) && !hexadecimal.test(raw)) {
      throw new CommandError(errorCode.unparsable(index));
    }
    const value = Number(raw);
    if (Math.abs(value) > MAX_INTEGER) throw new CommandError(errorCode.unparsable(index));
    if (value < minimum || value > maximum) throw new CommandError(outOfRange);
    return value;
  }

  /** The number at `index`, or `otherwise` when the list ends before it. An empty value fails. */
  numberOr(index: number, minimum: number, maximum: number, otherwise: number): number {
    return this.has(index) ? this.number(index, minimum, maximum) : otherwise;
  }

  /** The string at `index`, without its quotes and escapes, in latin1. */
  string(index: number): string {
    const raw = this.#raw[index];
    if (raw === undefined) throw new CommandError(errorCode.unparsable(index));
    if (raw === '') throw new CommandError();
    const text = unquote(raw);
    if (text === undefined) throw new CommandError(errorCode.unparsable(index));
    return text;
  }

  /** The string at `index`; undefined when it is missing or empty. */
  optionalString(index: number): string | undefined {
    return this.isFilled(index) ? this.string(index) : undefined;
  }
}

function split(text: string): string[] {
  const values: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '\\') {
      index++;
    } else if (character === ',') {
      values.push(text.slice(start, index));
      start = index + 1;
    }
  }
  values.push(text.slice(start));
  return values;
}

/** The text of a quoted string; undefined for anything else, such as an unescaped quote inside. */
function unquote(raw: string): string | undefined {
  if (raw.length < 2 || !raw.startsWith('"')) return undefined;
  let text = '';
  for (let index = 1; index < raw.length; index++) {
    const character = raw[index] ?? '';
    if (character === '\\') {
      index++;
      text += raw[index] ?? '';
    } else if (character === '"') {
      return index === raw.length - 1 ? text : undefined;
    } else {
      text += character;
    }
  }
  return undefined;
}
