import type { Chunk } from './client-options';

/** The format of `+WS_DATA`, as `AT+WSDATAFMT` sets it. */
export interface DataFormat {
  /** 0 a URC for each chunk · 1 for each frame · 2 for each message. */
  readonly level: number;
  /** Bits 0-5: opcode, fin, payload length, payload offset, data length, CR LF. */
  readonly mask: number;
}

export const defaultDataFormat: DataFormat = { level: 0, mask: 48 };

const lineEnd = Buffer.from('\r\n', 'latin1');
const noBytes = Buffer.alloc(0);

/** The `+WS_DATA` of one chunk. */
export function dataUrc(link: number, chunk: Chunk, format: DataFormat): Buffer {
  const { level, mask } = format;
  const { opcode, fin, bytes } = chunk;
  const frameBegins = chunk.payloadOffset === 0;
  const frameEnds = chunk.payloadOffset + bytes.length >= chunk.payloadLength;
  const begins = level === 0 || (frameBegins && (level === 1 || opcode !== 0));
  const ends = level === 0 || (frameEnds && (level === 1 || fin));
  const tail = ends && (mask & 32) !== 0 ? lineEnd : noBytes;
  return Buffer.concat([begins ? prefix(link, chunk, mask) : noBytes, bytes, tail]);
}

function prefix(link: number, chunk: Chunk, mask: number): Buffer {
  const values = [
    chunk.opcode,
    chunk.fin ? 1 : 0,
    chunk.payloadLength,
    chunk.payloadOffset,
    chunk.bytes.length,
  ].filter((_, bit) => (mask & (1 << bit)) !== 0);
  return Buffer.from(`+WS_DATA:${[link, ...values].join(',')},`, 'latin1');
}
