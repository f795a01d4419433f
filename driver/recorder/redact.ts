import type { SecretPattern } from './secret-pattern';

/** Bytes that may stand between two parts of a secret in a message: the head of a data URC, or the command of the next fragment. */
const GAPS: readonly RegExp[] = [
  /^\r\n(?:\+WS_(?:CONNECTED|DISCONNECTED|CLOSED):\d\r\n)*\+WS_DATA:\d[\d,]{2,40},/,
  /^AT\+WSSEND=[\d,]{1,60}\r\n/,
];
/** Bytes of a gap at most. */
const MAX_GAP_BYTES = 160;
const CR = 0x0d;
const A = 0x41;

/** In longer chunks a search for parts of patterns costs less than a look at each byte. */
const LONG_CHUNK_BYTES = 256;

/** Marks of two bytes in succession: they may start a pattern, or be a part of its first bytes. */
const STARTS = 1;
const PART = 2;

/** Patterns, with an index to find their starts. */
export interface PatternIndex {
  /** Patterns by their first byte, the longest first. */
  readonly byFirst: readonly (readonly SecretPattern[] | undefined)[];
  /** {@link STARTS} and {@link PART} by two bytes. Empty without patterns. */
  readonly marks: Uint8Array;
  /**
   * Stride of the search for a {@link PART}. A gap may cut a pattern once: its longer half has a PART at one of any `step`
   * consecutive places.
   */
  readonly step: number;
  /** Bytes before a {@link PART} in which its pattern may start. */
  readonly reach: number;
}

/**
 * Leaves a shorter beginning of a secret at a cut: it discloses little, and may be no secret, as the K of `OK` where a secret
 * begins with K.
 */
const MIN_CUT_BYTES = 4;

export function indexPatterns(patterns: readonly SecretPattern[]): PatternIndex {
  const byFirst = new Array<SecretPattern[] | undefined>(256).fill(undefined);
  const marks = new Uint8Array(patterns.length > 0 ? 65_536 : 0);
  const mark = (first: number, second: number, what: number) => {
    marks[(first << 8) | second] = (marks[(first << 8) | second] ?? 0) | what;
  };
  const longestFirst = [...patterns].sort((a, b) => b.find.length - a.find.length);
  const shortest = longestFirst.at(-1)?.find.length ?? 0;
  for (const pattern of longestFirst) {
    const { find } = pattern;
    const [first = 0, second = 0] = find;
    byFirst[first] = [...(byFirst[first] ?? []), pattern];
    for (const next of [second, CR, A]) mark(first, next, STARTS);
    for (let at = 1; at < shortest; at++) mark(find[at - 1] ?? 0, find[at] ?? 0, PART);
  }
  const step = Math.max(1, Math.ceil(shortest / 2) - 1);
  return { byFirst, marks, step, reach: shortest + 2 * MAX_GAP_BYTES };
}

/** Returns the first index, from `from` on, at which a secret may start; the length of the bytes where there is none. */
export function nextStart(index: PatternIndex, bytes: Uint8Array, from: number): number {
  const { byFirst, marks, step, reach } = index;
  const { length } = bytes;
  if (marks.length === 0) return length;
  const last = length - 1;
  let at = from;
  while (at < last) {
    let until = last;
    if (last - at > LONG_CHUNK_BYTES) {
      let part = at;
      while (part < last && !((marks[pairAt(bytes, part)] ?? 0) & PART)) part += step;
      at = Math.max(at, Math.min(part, last) - reach);
      until = Math.min(last, part + step);
    }
    for (; at < until; at++) if ((marks[pairAt(bytes, at)] ?? 0) & STARTS) return at;
  }
  return at === last && byFirst[bytes[last] ?? 0] ? last : length;
}

function pairAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** A secret in some bytes, in whole or in part. */
interface Match {
  /** The pattern's bytes `from` up to `to` stand at `at`. */
  readonly parts: readonly { readonly at: number; readonly from: number; readonly to: number }[];
  /** False while the bytes end within the secret. */
  readonly isWhole: boolean;
}

/** Bytes without secrets. */
export interface Redacted {
  /** The bytes given, or a copy where they hold a secret. */
  readonly bytes: Uint8Array;
  /** Whether the bytes end in the beginning of a secret, which is still there. */
  readonly isCut: boolean;
}

/**
 * How to treat the beginning of a secret at the end of the bytes. `goesOn`: more bytes may come, all stay as they are;
 * `complete`: no more bytes come, it is no secret; `cut`: the rest is unknown, it gets a placeholder.
 */
export type End = 'goesOn' | 'complete' | 'cut';

/** Replaces secrets by their placeholders. */
export function redacted(patterns: PatternIndex, bytes: Uint8Array, end: End): Redacted {
  let at = nextStart(patterns, bytes, 0);
  if (at === bytes.length) return { bytes, isCut: false };
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let clean: Buffer | undefined;
  for (; at < view.length; at = nextStart(patterns, view, at + 1)) {
    for (const pattern of patterns.byFirst[view[at] ?? 0] ?? []) {
      const match = matchAt(view, at, pattern.find);
      if (!match) continue;
      if (!match.isWhole && end === 'complete') continue;
      if (!match.isWhole && end === 'goesOn') return { bytes, isCut: true };
      if (!match.isWhole && lengthOf(match) < MIN_CUT_BYTES) continue;
      clean ??= Buffer.from(view);
      for (const { at: start, from, to } of match.parts) pattern.put.copy(clean, start, from, to);
    }
  }
  return { bytes: clean ?? bytes, isCut: false };
}

function matchAt(bytes: Buffer, start: number, find: Buffer): Match | undefined {
  // Most candidates end here: no object for them.
  const second = bytes[start + 1];
  if (second !== undefined && second !== find[1] && second !== CR && second !== A) return undefined;
  const parts: { at: number; from: number; to: number }[] = [];
  let at = start;
  let from = 0;
  for (;;) {
    const to = from + commonLength(bytes, at, find, from);
    if (to > from) parts.push({ at, from, to });
    at += to - from;
    if (to === find.length) return { parts, isWhole: true };
    if (at === bytes.length) return { parts, isWhole: false };
    const gap = gapAt(bytes, at);
    if (gap === 'none') return undefined;
    if (gap === 'cut') return { parts, isWhole: false };
    at += gap;
    from = to;
  }
}

function lengthOf({ parts }: Match): number {
  return parts.reduce((sum, { from, to }) => sum + to - from, 0);
}

function commonLength(bytes: Buffer, at: number, find: Buffer, from: number): number {
  const most = Math.min(find.length - from, bytes.length - at);
  for (let length = 0; length < most; length++) {
    if (bytes[at + length] !== find[from + length]) return length;
  }
  return most;
}

/** Length of the gap at an index; `cut`: the bytes end in the beginning of a gap. */
function gapAt(bytes: Buffer, at: number): number | 'none' | 'cut' {
  const first = bytes[at];
  if (first !== CR && first !== A) return 'none';
  const text = bytes.toString('latin1', at, at + MAX_GAP_BYTES);
  for (const gap of GAPS) {
    const found = gap.exec(text);
    if (found) return found[0].length;
  }
  return at + MAX_GAP_BYTES > bytes.length && beginsGap(text) ? 'cut' : 'none';
}

function beginsGap(text: string): boolean {
  const command = 'AT+WSSEND=';
  if (text.startsWith('A')) {
    return command.startsWith(text.slice(0, command.length)) && !text.includes('\r\n');
  }
  return /^\r(?:\n(?:\+(?:W(?:S(?:_\w*(?::[\d,]*)?)?)?)?)?)?$/.test(text);
}
