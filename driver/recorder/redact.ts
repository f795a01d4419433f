import type { SecretPattern } from './secret-pattern';

/** What may stand between two parts of a secret from the device: the end of a data URC, lines, and the head of the next one. */
const GAPS: readonly RegExp[] = [
  /^\r\n(?:[ -~]{0,60}\r\n)*?>?\+WS_DATA:\d,\d{1,2},[01],\d{1,20},\d{1,5},/,
  /^\r\n(?:[ -~]{0,60}\r\n)*?>?\+WS_DATA:\d,\d{1,5},/,
];
/** The beginning of a gap at the end of the bytes. */
const BEGUN_GAP = /^\r(?:\n(?:[ -~]{0,60}\r\n)*[ -~]{0,60}\r?)?$/;
/** Bytes of a gap at most. */
const MAX_GAP_BYTES = 160;
/** Gaps in succession, as of empty messages, at most. */
const MAX_EMPTY_GAPS = 8;
const CR = 0x0d;

export interface PatternIndex {
  /** Patterns by their first byte, the longest first. */
  readonly byFirst: ReadonlyMap<number, readonly SecretPattern[]>;
  /** By two bytes (first × 256 + second): 1 where a pattern may start with them, or with the first one and a gap. */
  readonly starts: Uint8Array;
}

/** Leaves a shorter beginning of a secret at a cut: it may be no secret, such as the K of `OK` where a secret begins with K. */
const MIN_CUT_BYTES = 4;

export function indexPatterns(patterns: readonly SecretPattern[]): PatternIndex {
  const byFirst = new Map<number, readonly SecretPattern[]>();
  const starts = new Uint8Array(65_536);
  for (const pattern of [...patterns].sort((a, b) => b.find.length - a.find.length)) {
    const [first = 0, second = CR] = pattern.find;
    byFirst.set(first, [...(byFirst.get(first) ?? []), pattern]);
    for (const next of [second, CR]) starts[(first << 8) | next] = 1;
  }
  return { byFirst, starts };
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
  /** The beginning of a secret in which the bytes end, without complete gaps; an unfinished gap stays at its end. The rest may follow. */
  readonly begun?: Uint8Array;
}

/**
 * How to treat the beginning of a secret at the end of the bytes. `goesOn`: more bytes may come, none of the bytes
 * is replaced yet; `complete`: no more bytes come, it is no secret; `cut`: the rest is unknown, it gets a placeholder.
 */
export type End = 'goesOn' | 'complete' | 'cut';

/** Replaces secrets by their placeholders. */
export function redacted(patterns: PatternIndex, bytes: Uint8Array, end: End): Redacted {
  if (patterns.byFirst.size === 0) return { bytes };
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let clean: Buffer | undefined;
  let begun: Uint8Array | undefined;
  for (let at = 0; at < view.length; at++) {
    const first = view[at] ?? 0;
    // A gap, which CR begins, may follow the last byte.
    if (!patterns.starts[(first << 8) | (view[at + 1] ?? CR)]) continue;
    for (const { find, put } of patterns.byFirst.get(first) ?? []) {
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

/** A part of the pattern that may follow a gap: its bytes from `from` on, compared with those from `at` on. */
interface Run {
  readonly at: number;
  readonly from: number;
  readonly before: Match['parts'];
  /** Gaps in succession before it, without a byte of the pattern between them. */
  readonly emptyGaps: number;
}

/**
 * Matches a pattern. A server may send what reads as gaps in many ways: the search looks at each place once, and needs no
 * deep stack.
 */
function matchAt(bytes: Buffer, start: number, find: Buffer): Match | undefined {
  // Most candidates end here: no object for them.
  for (let same = 1; same < find.length && start + same < bytes.length; same++) {
    const byte = bytes[start + same];
    if (mayBeginGap(byte)) break;
    if (byte !== find[same]) return undefined;
  }
  const seen = new Set<number>();
  const runs: Run[] = [{ at: start, from: 0, before: [], emptyGaps: 0 }];
  let begun: Match | undefined;
  for (let run = runs.pop(); run; run = runs.pop()) {
    const { at: first, from, before, emptyGaps } = run;
    const matchUpTo = (to: number, isWhole: boolean): Match => {
      const parts = to > from ? [...before, { at: first, from, to }] : before;
      return { parts, length: to, isWhole };
    };
    for (let at = first, to = from; ; at++, to++) {
      if (to === find.length) return matchUpTo(to, true);
      if (at === bytes.length) begun ??= matchUpTo(to, false);
      if (at === bytes.length) break;
      if (to > 0 && mayBeginGap(bytes[at]) && (to > from || emptyGaps < MAX_EMPTY_GAPS)) {
        const { lengths, mayGoOn } = gapsAt(bytes, at);
        if (mayGoOn) begun ??= matchUpTo(to, false);
        const places = lengths.map((length) => at + length);
        for (const place of places.filter((each) => !seen.has(each * find.length + to))) {
          seen.add(place * find.length + to);
          const { parts } = matchUpTo(to, false);
          const empty = to > from ? 0 : emptyGaps + 1;
          runs.push({ at: place, from: to, before: parts, emptyGaps: empty });
        }
      }
      if (bytes[at] !== find[to]) break;
    }
  }
  return begun;
}

function mayBeginGap(byte: number | undefined): boolean {
  return byte === CR;
}

/** Lengths that the gap at an index may have. `mayGoOn`: the bytes may end in the beginning of a gap. */
function gapsAt(bytes: Buffer, at: number) {
  const text = bytes.toString('latin1', at, at + MAX_GAP_BYTES);
  const isEnd = at + MAX_GAP_BYTES > bytes.length;
  return {
    lengths: GAPS.flatMap((gap) => gap.exec(text)?.[0].length ?? []),
    mayGoOn: isEnd && BEGUN_GAP.test(text),
  };
}
