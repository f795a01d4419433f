import type { TranscriptLine } from './transcript';

/** An end of a link that must have begun just before the host wrote a line. */
export interface EndBefore {
  readonly link: number;
  readonly how: 'close' | 'drop';
}

/**
 * Finds it where the report stands before the answer: before the OK of WSCLOSE, or before the ERROR of a
 * WSSEND whose payload is written.
 *
 * @param answer what the device says, escaped, up to the host's next line
 * @param command the command that is at work, should the line be its payload
 */
export function endBefore(line: string, answer: string, command: string): EndBefore | undefined {
  const closing = /^AT\+WSCLOSE=([012])\\r/i.exec(line)?.[1];
  if (closing !== undefined) {
    const closed = new RegExp(`\\+WS_CLOSED:${closing}\\\\r\\\\n.*\\\\r\\\\nOK\\\\r`);
    return closed.test(answer) ? { link: Number(closing), how: 'close' } : undefined;
  }
  const sending = /^AT/i.test(line) ? undefined : /^AT\+WSSEND=([012]),/i.exec(command)?.[1];
  if (sending === undefined) return undefined;
  const failed = new RegExp(
    `^\\+WS_(CLOSED|DISCONNECTED):${sending}\\\\r\\\\n\\\\r\\\\nERROR\\\\r`,
  ).exec(answer)?.[1];
  if (failed === undefined) return undefined;
  return { link: Number(sending), how: failed === 'CLOSED' ? 'close' : 'drop' };
}

/** How long after a payload its failure tells that TCP did not take it, in milliseconds. */
const BLOCKED = 1000;

/**
 * The link of a WSSEND that fails, and loses its connection, only some time after its payload is written:
 * nobody reads at the other end.
 *
 * @param index of the payload among `lines`
 * @param command the command that is at work
 */
export function blockedSend(
  lines: readonly TranscriptLine[],
  index: number,
  command: string,
): number | undefined {
  const payload = lines[index];
  const link = /^AT\+WSSEND=([012]),/i.exec(command)?.[1];
  if (!payload || link === undefined || /^AT\+WSSEND/i.test(payload.text)) return undefined;
  const after = lines.slice(index + 1).filter(({ actor }) => actor === 'device');
  const result = after.findIndex(({ text }) => /\\r\\n(?:SEND OK|ERROR)\\r\\n/.test(text));
  const told = after.slice(0, result + 1);
  const late = (told.at(-1)?.time ?? 0) - payload.time > BLOCKED;
  const lost = new RegExp(`\\+WS_DISCONNECTED:${link}\\\\r\\\\n(?:\\\\r\\\\n)?(?:ERROR\\\\r|$)`);
  const fails = lost.test(told.map(({ text }) => text).join(''));
  return late && fails ? Number(link) : undefined;
}
