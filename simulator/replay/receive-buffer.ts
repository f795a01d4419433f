import type { Line } from './recording';

const MAX_FRAME_HEADER_BYTES = 14;

/**
 * Count of bytes that the server takes after it stops reading at line `pause`: those of the sends that succeed before one
 * fails. Infinity if none fails before the server reads again.
 */
export function receiveBufferAt(lines: readonly Line[], pause: number): number {
  let bytes = 0;
  let length = 0;
  for (const line of lines.slice(pause + 1)) {
    if (line.kind === 'host') {
      const send = /^AT\+WSSEND=\d,(\d+)/i.exec(line.bytes.toString('latin1'));
      if (send) length = Number(send[1]);
    } else if (line.kind === 'device') {
      const text = line.bytes.toString('latin1');
      if (text.includes('SEND OK')) bytes += length + MAX_FRAME_HEADER_BYTES;
      else if (text.includes('ERROR')) return bytes;
    } else if (line.kind === 'server' && line.act.kind === 'resume') {
      break;
    }
  }
  return Infinity;
}
