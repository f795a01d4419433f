import type { WsFrame } from '../harness/network/ws-server-frames';
import { alphabet, type Action } from './actions';
import { fits, lengthOf, type BytePattern } from './pattern';
import { reportsIn, type DataReport, type Report, type ReportFormat } from './reports';

/** What is known of a link when its data reports are to be explained. */
export interface LinkFormat {
  readonly format: ReportFormat;
  /** Bytes a chunk has at most. */
  readonly buffer: number;
}

export type FormatOf = (link: number) => LinkFormat;

/**
 * The frames that a server must have sent for `piece` to be reported, by link: an `S` line or a title
 * often leaves them out. Chunks are joined as the device cuts them.
 */
export function framesBehind(piece: BytePattern, formatOf: FormatOf): Map<number, WsFrame[]> {
  if (piece.kind === 'elided') return elidedFrames(piece, formatOf);
  const text = piece.bytes.toString('latin1');
  const byLink = new Map<number, DataReport[]>();
  for (const report of reportsIn(text, (link) => formatOf(link).format)) {
    if (report.kind !== 'data') continue;
    byLink.set(report.data.link, [...(byLink.get(report.data.link) ?? []), report.data]);
  }
  return new Map([...byLink].map(([link, chunks]) => [link, joinChunks(chunks, formatOf(link))]));
}

/** Whether `frames` would be reported as the data reports of `link` in `piece` show. */
export function wouldShow(
  piece: BytePattern,
  link: number,
  frames: readonly WsFrame[],
  formatOf: FormatOf,
): boolean {
  const data = Buffer.concat(
    frames.filter((frame) => frame.opcode < 8).map((frame) => frame.payload),
  );
  if (piece.kind === 'elided') return fits(piece, render(link, frames, formatOf(link)));
  const text = piece.bytes.toString('latin1');
  const shown = reportsIn(text, (id) => formatOf(id).format).flatMap((report) =>
    report.kind === 'data' && report.data.link === link ? [report.data.payload] : [],
  );
  return shown.length > 0 && shown.join('') === data.toString('latin1');
}

/** What the device reports for `frames`, each chunk on its own (level 0). */
export function render(link: number, frames: readonly WsFrame[], how: LinkFormat): Buffer {
  const parts: Buffer[] = [];
  const { mask } = how.format;
  for (const { opcode, fin, payload } of frames) {
    for (let offset = 0; offset === 0 || offset < payload.length; offset += how.buffer) {
      const chunk = payload.subarray(offset, offset + how.buffer);
      const numbers = [opcode, fin ? 1 : 0, payload.length, offset, chunk.length];
      const fields = [link, ...numbers.filter((_, bit) => (mask & (1 << bit)) !== 0)];
      parts.push(Buffer.from(`+WS_DATA:${fields.join(',')},`), chunk);
      if ((mask & 32) !== 0) parts.push(Buffer.from('\r\n'));
    }
  }
  return Buffer.concat(parts);
}

function joinChunks(chunks: readonly DataReport[], how: LinkFormat): WsFrame[] {
  const frames: WsFrame[] = [];
  let open: { opcode: number; fin: boolean; length: number | undefined; text: string } | undefined;
  const close = (): void => {
    if (open) frames.push({ opcode: open.opcode, fin: open.fin, payload: bytesOf(open.text) });
    open = undefined;
  };
  for (const chunk of chunks) {
    if (open) open.text += chunk.payload;
    else {
      const { opcode = opcodeFor(chunk.payload), fin = true, payloadLength, payload } = chunk;
      open = { opcode, fin, length: payloadLength, text: payload };
    }
    const whole =
      open.length === undefined
        ? chunk.payload.length < how.buffer
        : open.text.length >= open.length;
    if (whole) close();
  }
  close();
  return frames;
}

/** One long frame, as long as the report's total length says. */
function elidedFrames(
  piece: Extract<BytePattern, { kind: 'elided' }>,
  formatOf: FormatOf,
): Map<number, WsFrame[]> {
  const head = piece.head.toString('latin1');
  const first = reportsIn(head, (link) => formatOf(link).format).find(
    (report) => report.kind === 'data',
  );
  const start = head.indexOf('+WS_DATA:');
  if (first?.kind !== 'data' || start < 0) return new Map<number, WsFrame[]>();
  const { link, opcode = 1, fin = true, payload } = first.data;
  const how = formatOf(link);
  const total = lengthOf(piece) - start;
  const fill = payload.startsWith('abc') ? alphabet(total) : Buffer.alloc(total, payload || 'x');
  for (let length = total; length > 0; length--) {
    const frame = { opcode, fin, payload: fill.subarray(0, length) };
    const reported = render(link, [frame], how);
    if (reported.length > total) continue;
    return new Map(reported.length === total ? [[link, [frame]]] : []);
  }
  return new Map();
}

/** Which links' events `piece` shows that nobody asked for, in order. */
export function eventsIn(piece: BytePattern, formatOf: FormatOf): ReturnType<typeof reportsIn> {
  const text = piece.kind === 'whole' ? piece.bytes : Buffer.concat([piece.head, piece.tail]);
  return reportsIn(text.toString('latin1'), (link) => formatOf(link).format);
}

/**
 * A frame whose payload comes out in part and then stalls: a first chunk, 10 s later an empty one. What
 * follows, should it come too late, is read as a frame's header: an `l` is a reserved opcode, which no
 * report shows.
 */
export function stalledFrame(first: DataReport): Action {
  const sent = bytesOf(first.payload);
  const length = first.payloadLength ?? sent.length * 2 + 1;
  const payload = Buffer.concat([sent, Buffer.alloc(length, 'l')]).subarray(0, length);
  const { opcode = opcodeFor(first.payload), fin = true } = first;
  return { kind: 'half', frame: { opcode, fin, payload }, sent: sent.length };
}

/** Text where it can be. */
function opcodeFor(payload: string): number {
  const bytes = bytesOf(payload);
  return Buffer.from(bytes.toString('utf8')).equals(bytes) ? 1 : 2;
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** Those of `events` that `said` does not hold yet. */
export function unsaid(events: readonly Report[], said: Buffer, formatOf: FormatOf): Report[] {
  const open = [...events];
  for (const report of reportsIn(said.toString('latin1'), (link) => formatOf(link).format)) {
    const at = open.findIndex((event) => JSON.stringify(event) === JSON.stringify(report));
    if (at >= 0) open.splice(at, 1);
  }
  return open;
}
