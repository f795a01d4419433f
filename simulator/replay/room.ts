import type { Line } from './recording';

/** Bytes of a frame beside its payload, at most. */
const FRAME_HEADER = 14;

/** Bytes that a peer takes which stops reading at line `pause`: those of the sends that still succeeded. */
export function roomOfPause(lines: readonly Line[], pause: number): number {
  let room = 0;
  let length = 0;
  for (const line of lines.slice(pause + 1)) {
    if (line.kind === 'host') {
      const send = /^AT\+WSSEND=\d,(\d+)/i.exec(line.bytes.toString('latin1'));
      if (send) length = Number(send[1]);
    } else if (line.kind === 'device') {
      const text = line.bytes.toString('latin1');
      if (text.includes('SEND OK')) room += length + FRAME_HEADER;
      else if (text.includes('ERROR')) return room;
    } else if (line.kind === 'server' && line.act.kind === 'resume') {
      return Infinity;
    }
  }
  return Infinity;
}
