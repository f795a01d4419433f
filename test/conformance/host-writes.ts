import { expand, parsePattern } from './pattern';
import type { TranscriptLine } from './transcript';

/** One write of the host. */
export interface HostWrite {
  readonly bytes: Buffer;
  /** It waits until the device has answered the one before. */
  readonly afterAnswer: boolean;
}

/**
 * The writes behind a line of the host; undefined when their bytes cannot be known. Writes less than
 * 12 ms apart are joined in a recording: commands that were all answered, with no `busy p...`, were
 * written one after the other's answer.
 *
 * @param answer what the device says up to the host's next line
 */
export function writesOf(line: TranscriptLine, answer: string): HostWrite[] | undefined {
  const bytes = expand(parsePattern(line.text));
  if (!bytes) return undefined;
  const text = bytes.toString('latin1');
  const parts = text.split(/(?<=\r\n)(?=.)/s);
  const results = answer.match(/\\r\\n(?:OK|ERROR|SEND OK|SEND FAIL)\\r\\n/g) ?? [];
  const apart = parts.length > 1 && /^AT/i.test(text) && !answer.includes('busy p...');
  if (!apart || results.length < 2) return [{ bytes, afterAnswer: false }];
  return parts.map((part, index) => ({
    bytes: Buffer.from(part, 'latin1'),
    afterAnswer: index > 0,
  }));
}
