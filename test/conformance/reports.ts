/** How a link's data reports are written, as `AT+WSDATAFMT` set it. */
export interface ReportFormat {
  readonly level: number;
  readonly mask: number;
}

export const DEFAULT_FORMAT: ReportFormat = { level: 0, mask: 48 };

/** A `+WS_DATA` report as read from recorded output. */
export interface DataReport {
  readonly link: number;
  readonly opcode: number | undefined;
  readonly fin: boolean | undefined;
  readonly payloadLength: number | undefined;
  readonly payload: string;
}

export type Report =
  | { readonly kind: 'data'; readonly data: DataReport }
  | { readonly kind: 'connected' | 'disconnected' | 'closed'; readonly link: number }
  | { readonly kind: 'ready' }
  | { readonly kind: 'wifi'; readonly state: string }
  | { readonly kind: 'time' };

const HEADS =
  /\+WS_DATA:([012]),|\+WS_(CONNECTED|DISCONNECTED|CLOSED):([012])\r\n|\r\nready\r\n|WIFI (CONNECTED|GOT IP|DISCONNECT)\r\n|\+TIME_UPDATED\r\n/g;

/** Every report in `text` (one character a byte), in order; what data reports carry is not looked into. */
export function reportsIn(
  text: string,
  formatOf: (link: number) => ReportFormat = () => DEFAULT_FORMAT,
): Report[] {
  const reports: Report[] = [];
  const heads = new RegExp(HEADS);
  for (let match = heads.exec(text); match; match = heads.exec(text)) {
    const kind = match[2]?.toLowerCase();
    if (match[1] !== undefined) {
      const { report, end } = readData(text, match.index, Number(match[1]), formatOf);
      reports.push({ kind: 'data', data: report });
      heads.lastIndex = Math.max(end, match.index + match[0].length);
    } else if (kind === 'connected' || kind === 'disconnected' || kind === 'closed') {
      reports.push({ kind, link: Number(match[3]) });
    } else if (match[4] !== undefined) {
      reports.push({ kind: 'wifi', state: match[4] });
    } else {
      reports.push(match[0] === '+TIME_UPDATED\r\n' ? { kind: 'time' } : { kind: 'ready' });
    }
  }
  return reports;
}

function readData(
  text: string,
  start: number,
  link: number,
  formatOf: (link: number) => ReportFormat,
): { report: DataReport; end: number } {
  const { level, mask } = formatOf(link);
  let position = start + '+WS_DATA:0,'.length;
  const next = (bit: number): number | undefined => {
    if ((mask & bit) === 0) return undefined;
    const digits = /^\d+(?=,)/.exec(text.slice(position, position + 12))?.[0];
    if (digits === undefined) return undefined;
    position += digits.length + 1;
    return Number(digits);
  };
  const [opcode, fin, payloadLength] = [next(1), next(2), next(4)];
  next(8);
  const chunk = next(16);
  // Beyond level 0 a chunk's length is only the first one's.
  const whole = level === 1 || fin !== 0 ? payloadLength : undefined;
  const length = level === 0 ? chunk : whole;
  const ending = (mask & 32) === 0 ? 0 : 2;
  const follower = text.indexOf('+WS_DATA:', position);
  const dataEnd =
    length === undefined
      ? (follower < 0 ? text.length : follower) - ending
      : Math.min(text.length, position + length);
  return {
    report: {
      link,
      opcode,
      fin: fin === undefined ? undefined : fin === 1,
      payloadLength,
      payload: text.slice(position, Math.max(position, dataEnd)),
    },
    end: dataEnd + ending,
  };
}

/** Takes the reports that `wanted` describes out of `text`, wherever they stand, whole. */
export function takeReports(text: string, wanted: RegExp): { rest: string; reports: string[] } {
  const reports: string[] = [];
  let rest = '';
  for (let position = 0; position < text.length;) {
    const here = text.slice(position, position + 40);
    if (!wanted.test(here)) {
      rest += text.charAt(position);
      position++;
      continue;
    }
    const end = reportEnd(text, position);
    reports.push(text.slice(position, end));
    position = end;
  }
  return { rest, reports };
}

/** Takes the last number before the data for its length: so it is in every format that has one. */
function reportEnd(text: string, start: number): number {
  const head = /^\+WS_DATA:\d,(?:\d+,)*?(\d+),/.exec(text.slice(start, start + 60));
  if (head) {
    const end = start + head[0].length + Number(head[1]);
    if (text.slice(end, end + 2) === '\r\n') return end + 2;
    for (const longer of [
      /^\+WS_DATA:\d,\d+,\d,\d+,(\d+),/,
      /^\+WS_DATA:\d,\d+,\d,\d+,\d+,(\d+),/,
    ]) {
      const match = longer.exec(text.slice(start, start + 60));
      const at = match ? start + match[0].length + Number(match[1]) : -1;
      if (text.slice(at, at + 2) === '\r\n') return at + 2;
    }
  }
  const lineEnd = text.indexOf('\r\n', start);
  return lineEnd < 0 ? text.length : lineEnd + 2;
}
