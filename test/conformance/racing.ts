import { lengthOf, parsePattern } from './pattern';
import type { TranscriptLine } from './transcript';
import { ORDERED_COMMAND, RACE_WINDOW } from './variations';

/** Pieces longer than this, in bytes, are not looked through for reports that stand elsewhere. */
const LONGEST = 4096;

/**
 * The piece at `index` and those so near to it that a report among them may stand elsewhere; undefined
 * when none may.
 *
 * @param inFlight the command at work
 */
export function racingWith(
  lines: readonly TranscriptLine[],
  index: number,
  inFlight: string,
): { readonly bytes: Buffer; readonly lines: number } | undefined {
  if (ORDERED_COMMAND.test(inFlight)) return undefined;
  const first = lines[index];
  const parts: Buffer[] = [];
  for (const line of lines.slice(index)) {
    if (!first || line.actor !== 'device' || line.time - first.time > RACE_WINDOW) break;
    const pattern = parsePattern(line.text);
    if (pattern.kind !== 'whole' || lengthOf(pattern) > LONGEST) break;
    parts.push(pattern.bytes);
  }
  return parts.length > 0 ? { bytes: Buffer.concat(parts), lines: parts.length } : undefined;
}
