import type { SecretPattern } from './secret-pattern';

/**
 * What may stand between two parts of a secret: from the device the end of a data URC, lines, and the head of the next one;
 * from the host probes, and the command of the next fragment.
 */
const GAPS: readonly RegExp[] = [
  /^\r\n(?:[ -~]{0,60}\r\n)*?>?\+WS_DATA:\d,\d{1,2},[01],\d{1,20},\d{1,5},/,
  /^\r\n(?:[ -~]{0,60}\r\n)*?>?\+WS_DATA:\d,\d{1,5},/,
  /^[\r\n]{0,20}AT\+WSSEND=[\d,]{1,60}\r\n/,
];
/** Beginnings of gaps at the end of the bytes. */
const BEGUN_GAPS: readonly RegExp[] = [
  /^\r(?:\n(?:[ -~]{0,60}\r\n)*[ -~]{0,60}\r?)?$/,
  /^[\r\n]{0,20}(?:A|AT|AT\+[A-Z]{0,6}|AT\+WSSEND=[\d,]{0,60}\r?)$/,
  /^[\r\n]{1,20}$/,
];
/** Bytes of a gap at most. */
const MAX_GAP_BYTES = 160;
/** Gaps in succession, as of empty messages, at most. */
const MAX_EMPTY_GAPS = 8;
const CR = 0x0d;
const LF = 0x0a;
const A = 0x41;

/** Patterns by their first byte, the longest first. */
export type PatternIndex = readonly (readonly SecretPattern[] | undefined)[];

/** Leaves a shorter beginning of a secret at a cut: it may be no secret, such as the K of `OK` where a secret begins with K. */
const MIN_CUT_BYTES = 4;

export function indexPatterns(patterns: readonly SecretPattern[]): PatternIndex {
  const byFirst = new Array<SecretPattern[] | undefined>(256).fill(undefined);
  for (const pattern of [...patterns].sort((a, b) => b.find.length - a.find.length))
    (byFirst[pattern.find[0] ?? 0] ??= []).push(pattern);
  return byFirst;
}

/** A secret in some bytes, in whole or in part. */
interface Match {
  /** The pattern's bytes `from` up to `to` stand at `at`. */
  readonly parts: readonly { readonly at: number; readonly from: number; readonly to: number }[];
  /** Of all parts together. */
  readonly length: number;
  /** False while the bytes end within the secret. */
  readonly isWhole: boolean;
}

/** Bytes without secrets. */
export interface Redacted {
  /** The bytes given, or a copy where they hold a secret. */
  readonly bytes: Uint8Array;
  /** The beginning of a secret in which the bytes end, without the gaps in it; the rest may follow. */
  readonly begun?: Uint8Array;
}

/**
 * How to treat the beginning of a secret at the end of the bytes. `goesOn`: more bytes may come, all stay as they are;
 * `complete`: no more bytes come, it is no secret; `cut`: the rest is unknown, it gets a placeholder.
 */
export type End = 'goesOn' | 'complete' | 'cut';

/** Replaces secrets by their placeholders. */
export function redacted(patterns: PatternIndex, bytes: Uint8Array, end: End): Redacted {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let clean: Buffer | undefined;
  let begun: Uint8Array | undefined;
  for (let at = 0; at < view.length; at++) {
    const candidates = patterns[view[at] ?? 0];
    if (!candidates) continue;
    for (const { find, put } of candidates) {
      const match = matchAt(view, at, find);
      if (!match) continue;
      if (!match.isWhole && end === 'complete') continue;
      if (!match.isWhole) begun ??= begunBy(match, find, view);
      if (begun && end === 'goesOn') return { bytes, begun };
      if (!match.isWhole && match.length < MIN_CUT_BYTES) continue;
      clean ??= Buffer.from(view);
      for (const { at: start, from, to } of match.parts) put.copy(clean, start, from, to);
    }
  }
  return { bytes: clean ?? bytes, ...(begun && { begun }) };
}

/** The secret as far as it has come, and the gap that has begun behind it. */
function begunBy({ parts }: Match, find: Buffer, bytes: Buffer): Uint8Array {
  const { at, from, to } = parts.at(-1) ?? { at: 0, from: 0, to: 0 };
  return Buffer.concat([find.subarray(0, to), bytes.subarray(at + to - from)]);
}

/** A partial match: the pattern's first `to` bytes end at `at`; those from `from` on follow each other without a gap. */
interface Way {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  /** The way up to the last gap. */
  readonly before: Way | undefined;
  /** Gaps in succession without a byte of the pattern between them. */
  readonly emptyGaps: number;
  /**
   * Whether the bytes at `at` may be a gap. False before the first byte of the pattern, and where the search has already
   * taken them for a gap: it then compares them with the pattern.
   */
  readonly mayBeGap: boolean;
}

/**
 * Matches a pattern. A server may send what reads as gaps in many ways: the search looks at each place once, and needs no
 * deep stack.
 */
function matchAt(bytes: Buffer, start: number, find: Buffer): Match | undefined {
  // Most candidates end here: no object for them.
  const second = bytes[start + 1];
  if (second !== undefined && second !== find[1] && !mayBeginGap(second)) return undefined;
  const seen = new Set<number>();
  const ways: Way[] = [
    { at: start, from: 0, to: 0, before: undefined, emptyGaps: 0, mayBeGap: false },
  ];
  let begun: Way | undefined;
  for (let way = ways.pop(); way; way = ways.pop()) {
    const { from, before, emptyGaps } = way;
    let { at, to, mayBeGap } = way;
    for (; ; at++, to++, mayBeGap = true) {
      const here = { at, from, to, before, emptyGaps, mayBeGap: false };
      if (to === find.length) return matchOf(here, true);
      if (at === bytes.length) begun ??= here;
      if (at === bytes.length) break;
      const mayTry = mayBeGap && (to > from || emptyGaps < MAX_EMPTY_GAPS);
      if (mayTry && mayBeginGap(bytes[at])) {
        const { lengths, mayGoOn } = gapsAt(bytes, at);
        if (mayGoOn) begun ??= here;
        const places = lengths.map((length) => at + length);
        const newPlaces = places.filter((place) => !seen.has(place * find.length + to));
        for (const place of newPlaces) seen.add(place * find.length + to);
        if (newPlaces.length > 0) {
          const empty = to > from ? 0 : emptyGaps + 1;
          const behindGap = { from: to, to, before: here, emptyGaps: empty, mayBeGap: true };
          const waysBehindGap = newPlaces.map((place) => ({ ...behindGap, at: place }));
          ways.push(here, ...waysBehindGap.reverse());
          break;
        }
      }
      if (bytes[at] !== find[to]) break;
    }
  }
  return begun && matchOf(begun, false);
}

function matchOf(last: Way, isWhole: boolean): Match {
  const parts: { at: number; from: number; to: number }[] = [];
  for (let way: Way | undefined = last; way; way = way.before) {
    const { at, from, to } = way;
    if (to > from) parts.unshift({ at: at - (to - from), from, to });
  }
  return { parts, length: last.to, isWhole };
}

function mayBeginGap(byte: number | undefined): boolean {
  return byte === CR || byte === LF || byte === A;
}

/** Lengths that the gap at an index may have. `mayGoOn`: the bytes may end in the beginning of a gap. */
function gapsAt(bytes: Buffer, at: number) {
  const text = bytes.toString('latin1', at, at + MAX_GAP_BYTES);
  const isEnd = at + MAX_GAP_BYTES > bytes.length;
  return {
    lengths: GAPS.flatMap((gap) => gap.exec(text)?.[0].length ?? []),
    mayGoOn: isEnd && BEGUN_GAPS.some((gap) => gap.test(text)),
  };
}
