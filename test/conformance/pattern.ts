import { unescape } from './escapes';

/** Bytes as a transcript gives them: whole, or with the middle left out. */
export type BytePattern =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | {
      readonly kind: 'elided';
      readonly head: Buffer;
      readonly tail: Buffer;
      /** Length of the whole, head and tail included. */
      readonly total: number;
    };

const ELISION = /^(.*?) ?(?:…|\.\.\.) ?\[(\d+) bytes\] ?(?:…|\.\.\.) ?(.*)$/s;

/** Reads escaped text that may hold one `…[N bytes]…`. */
export function parsePattern(text: string): BytePattern {
  const match = ELISION.exec(text);
  if (!match) return { kind: 'whole', bytes: unescape(text) };
  // The cut may have gone through an escape: half of one says nothing.
  const head = (match[1] ?? '').replace(/(?<!\\)((?:\\\\)*)\\(?:x[0-9a-fA-F]?)?$/, '$1');
  return {
    kind: 'elided',
    head: unescape(head),
    tail: unescape(match[3] ?? ''),
    total: Number(match[2]),
  };
}

export function lengthOf(pattern: BytePattern): number {
  return pattern.kind === 'whole' ? pattern.bytes.length : pattern.total;
}

/** Whether `bytes` are what the pattern shows of them. */
export function fits(pattern: BytePattern, bytes: Buffer): boolean {
  if (pattern.kind === 'whole') return pattern.bytes.equals(bytes);
  const { head, tail, total } = pattern;
  if (bytes.length !== total) return false;
  return bytes.subarray(0, head.length).equals(head) && endsWith(bytes, tail);
}

function endsWith(bytes: Buffer, tail: Buffer): boolean {
  if (bytes.subarray(bytes.length - tail.length).equals(tail)) return true;
  // A tail may begin with the second half of an escape: `ff` of `\xff`, `n` of `\n`.
  for (let cut = 1; cut <= 3 && cut < tail.length; cut++) {
    const half = tail.toString('latin1', 0, cut);
    if (!/^(?:x?[0-9a-f]{1,2}|[rn])$/.test(half)) continue;
    const rest = tail.subarray(cut);
    if (bytes.subarray(bytes.length - rest.length).equals(rest)) return true;
  }
  return false;
}

/**
 * The bytes a pattern stands for. What was left out is taken to go on as the head repeats itself (an
 * alphabet over and over, one character again and again); undefined when the tail says otherwise.
 */
export function expand(pattern: BytePattern): Buffer | undefined {
  if (pattern.kind === 'whole') return pattern.bytes;
  const { head, tail, total } = pattern;
  for (let start = 0; start < head.length; start++) {
    for (let period = 1; period <= Math.min(256, head.length - start); period++) {
      if (!repeats(head, start, period)) continue;
      const whole = Buffer.alloc(total);
      head.copy(whole);
      for (let at = head.length; at < total; at++) whole[at] = whole[at - period] ?? 0;
      if (agrees(whole, tail)) {
        tail.copy(whole, total - tail.length);
        return whole;
      }
    }
  }
  return undefined;
}

function repeats(bytes: Buffer, start: number, period: number): boolean {
  for (let at = start + period; at < bytes.length; at++) {
    if (bytes[at] !== bytes[at - period]) return false;
  }
  // One look at a period proves nothing unless it is a single character's.
  return bytes.length - start >= 2 * period;
}

/** Whether the tail, up to what ends the repetition (a quote, a CR LF), goes on like the rest. */
function agrees(whole: Buffer, tail: Buffer): boolean {
  const from = whole.length - tail.length;
  let same = 0;
  while (same < tail.length && whole[from + same] === tail[same]) same++;
  return same === tail.length || same >= Math.min(4, tail.length / 2);
}
