import type { ReportFormat } from './reports';

/** Formats that a recording may have set without printing it, the likeliest first. */
const LIKELY = [55, 63, 48, 23, 31, 51, 53].map((mask): ReportFormat => ({ level: 0, mask }));

/**
 * The format in which the data reports of a link in `text` (one character a byte) are written, if that
 * is not the one in force; undefined when it is, or when no likely one fits.
 */
export function formatShown(
  text: string,
  link: number,
  inForce: ReportFormat,
): ReportFormat | undefined {
  // Without a length, or beyond one chunk, nothing tells formats apart.
  if (inForce.level !== 0 || (inForce.mask & 16) === 0) return undefined;
  const starts = [...text.matchAll(new RegExp(`\\+WS_DATA:${link},`, 'g'))];
  const start = starts[0];
  if (!start) return undefined;
  const report = text.slice(start.index + start[0].length);
  if (isWritten(report, inForce.mask)) return undefined;
  return LIKELY.find(({ mask }) => isWritten(report, mask));
}

/** Whether what follows `+WS_DATA:<link>,` can be a report of that format. */
function isWritten(report: string, mask: number): boolean {
  const names = ['opcode', 'fin', 'payload', 'offset', 'data'].filter(
    (_, bit) => mask & (1 << bit),
  );
  const head = new RegExp(`^${names.map(() => '(\\d+),').join('')}`).exec(report);
  if (!head) return false;
  const value = new Map(names.map((name, index) => [name, Number(head[index + 1])]));
  const length = value.get('data') ?? 0;
  if ((value.get('opcode') ?? 0) > 2 || (value.get('fin') ?? 0) > 1) return false;
  if ((value.get('payload') ?? Infinity) < length) return false;
  const end = head[0].length + length;
  const follows = report.slice(end);
  return (mask & 32) === 0 ? /^(?:$|\+WS_|\r\n)/.test(follows) : follows.startsWith('\r\n');
}
