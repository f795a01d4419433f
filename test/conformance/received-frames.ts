import type { ReceivedFrame } from '../harness/network/ws-server-frames';
import { fits, parsePattern, type BytePattern } from './pattern';
import type { Item } from './transcript';

/** A frame as prose shows it: `[fin=1 op=1 masked=1 len=5 hello]`; what is left out may be anything. */
export interface ShownFrame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly masked: boolean | undefined;
  readonly length: number | undefined;
  readonly payload: BytePattern | undefined;
}

const GOT =
  /^(?:the )?(?:server|peer) (?:got|received|saw|gets|receives)(?: \(?(?:on |over )?link (\d)\)?| then| now)?:? *(?:`(.*)`|(.*))$/i;

/** What the server got, and of which link, should it be said. */
export interface Got {
  readonly text: string;
  readonly link: number | undefined;
}

/** What a line of prose says that the server got; undefined when it speaks of something else. */
export function gotIn(note: string): Got | undefined {
  const match = GOT.exec(note);
  if (!match) return undefined;
  const link = match[1] === undefined ? undefined : Number(match[1]);
  return { text: match[2] ?? match[3] ?? '', link };
}

/** `(none)` or `[fin=1 op=1 …] […]`; a payload may hold brackets of its own. Undefined when it is neither. */
export function framesShown(text: string): ShownFrame[] | undefined {
  const trimmed = text.trim();
  if (/^\(?(?:none|nothing|empty)?\)?$/i.test(trimmed)) return [];
  const frames = trimmed.split(/(?<=\]),? (?=\[fin=)/).map(frameShown);
  return frames.every((frame) => frame !== undefined) ? frames : undefined;
}

function frameShown(text: string): ShownFrame | undefined {
  const match =
    /^\[fin=([01]) op=(?:0x)?([0-9a-f]+)(?: masked=([01]))?(?: len=(\d+))?(?: (.*))?\]$/s.exec(
      text,
    );
  if (!match) return undefined;
  const [, fin, opcode, masked, length, payload] = match;
  return {
    fin: fin === '1',
    opcode: parseInt(opcode ?? '', 16),
    masked: masked === undefined ? undefined : masked === '1',
    length: length === undefined ? undefined : Number(length),
    payload: payload === undefined ? undefined : parsePattern(payload),
  };
}

export function sameFrame(shown: ShownFrame, actual: ReceivedFrame | undefined): boolean {
  if (shown.fin !== actual?.fin || shown.opcode !== actual.opcode) return false;
  if (shown.masked !== undefined && shown.masked !== actual.masked) return false;
  if (shown.length !== undefined && shown.length !== actual.payload.length) return false;
  if (shown.payload) return fits(shown.payload, actual.payload);
  return actual.payload.length === 0 || shown.length === undefined;
}

/** Payloads of the pongs that prose after a step shows: as many pings must have come from the server. */
export function pongsAfter(items: readonly Item[], index: number): Buffer[] {
  return notesAfter(items, index)
    .flatMap((note) => framesShown(gotIn(note)?.text ?? '') ?? [])
    .flatMap(({ opcode, payload }) => {
      if (opcode !== 10) return [];
      if (!payload) return [Buffer.alloc(0)];
      return payload.kind === 'whole' ? [payload.bytes] : [];
    });
}

/** The lines of prose between an item and the next of another kind. */
export function notesAfter(items: readonly Item[], index: number): string[] {
  const notes: string[] = [];
  for (const item of items.slice(index + 1)) {
    if (item.kind !== 'note') break;
    notes.push(item.text);
  }
  return notes;
}
