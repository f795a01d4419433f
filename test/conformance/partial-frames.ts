import type { WsFrame } from '../harness/network/ws-server-frames';
import type { Action } from './actions';
import { eventsIn, stalledFrame, type FormatOf } from './inference';
import { parsePattern } from './pattern';
import type { DataReport } from './reports';
import type { Stimulus } from './stimulus';
import type { Exchange } from './transcript';

/** An empty chunk so long after another, in milliseconds, is a frame that stalled. */
const SHORTEST_STALL = 8000;
const LONGEST_STALL = 13_000;

/** A half frame whose first chunk the recording shows has that chunk. */
export function withShownChunk(
  action: Extract<Action, { kind: 'half' }>,
  exchange: Exchange,
  formatOf: FormatOf,
): Action {
  const [first] = chunksOf(exchange, formatOf);
  const shown = action.header === undefined && first !== undefined && first.data.payload !== '';
  return shown ? stalledFrame(first.data) : action;
}

/** Frames that come in parts although nobody calls them halves. */
export function partialFrames(exchange: Exchange, link: number, formatOf: FormatOf): Stimulus[] {
  if (exchange.lines.some((line) => line.actor === 'server')) return [];
  const chunks = chunksOf(exchange, formatOf);
  const [first] = chunks;
  if (!first) return [];
  const alone = exchange.lines.every((line) => line.actor === 'device');
  if (alone && /header and (?:its )?payload|header (?:alone|only|first)/i.test(exchange.title)) {
    const text = chunks.map((chunk) => chunk.data.payload).join('') || 'split';
    const frame: WsFrame = { fin: true, opcode: 1, payload: Buffer.from(text, 'latin1') };
    const parts = chunks.map(({ time, data }): Stimulus => {
      return { action: { kind: 'rest', count: data.payload.length }, link, at: time };
    });
    return [{ action: { kind: 'half', frame, sent: 0 }, link, at: 0 }, ...parts];
  }
  const stalled = chunks.find(({ time, data }, index) => {
    const next = chunks.slice(index + 1).find((chunk) => chunk.data.link === data.link);
    const gap = (next?.time ?? time) - time;
    return next?.data.payload === '' && gap > SHORTEST_STALL && gap < LONGEST_STALL;
  });
  if (!stalled) return [];
  const { time, data } = stalled;
  return [{ action: stalledFrame(data), link: data.link, at: time }];
}

/** The first part of a frame of which only the rest is told: as much as the first chunk shows. */
export function partBefore(exchange: Exchange, formatOf: FormatOf): Action | undefined {
  const [first] = chunksOf(exchange, formatOf);
  return first && stalledFrame(first.data);
}

function chunksOf(exchange: Exchange, formatOf: FormatOf): { time: number; data: DataReport }[] {
  return exchange.lines
    .filter((line) => line.actor === 'device')
    .flatMap((line) =>
      eventsIn(parsePattern(line.text), formatOf).flatMap((event) =>
        event.kind === 'data' ? [{ time: line.time, data: event.data }] : [],
      ),
    );
}
