import { isDeepStrictEqual } from 'node:util';
import type { Frame } from '../../../driver/at/types';
import { Parser, PARSER_BUFFER_LIMIT } from '../../../driver/at/parser/parser';

/** What comes after the input: line ends that end any data, then a clean exchange. */
const FLUSH = Buffer.from('\r\n'.repeat(8300));
const CLEAN = Buffer.from('+WS_DATA:1,5,hello\r\n\r\nOK\r\n\r\n>');

/**
 * Feeds a framer at every chunking that matters: whole, byte by byte, and cut in two at up to 64 places.
 * @returns what is wrong, or undefined
 */
export function troubleInFramer(input: Buffer): string | undefined {
  try {
    const whole = read([input]);
    if (typeof whole === 'string') return whole;
    for (const chunks of chunkingsOf(input)) {
      const frames = read(chunks);
      if (typeof frames === 'string') return frames;
      if (isDeepStrictEqual(frames, whole)) continue;
      return `cut in ${chunks.length}, the first of ${chunks[0]?.length ?? 0} bytes, it gives other frames`;
    }
    return troubleAfterwards(input);
  } catch (error) {
    return `it throws ${String(error)}`;
  }
}

function* chunkingsOf(input: Buffer): Generator<readonly Buffer[]> {
  yield Array.from(input, (byte) => Buffer.from([byte]));
  const step = Math.max(1, Math.floor(input.length / 64));
  for (let at = 1; at < input.length; at += step) {
    yield [input.subarray(0, at), input.subarray(at)];
  }
}

/** The frames, or what is wrong. */
function read(chunks: readonly Buffer[]): readonly Frame[] | string {
  const { framer, frames } = reader();
  for (const chunk of chunks) {
    framer.push(chunk);
    if (framer.held > PARSER_BUFFER_LIMIT) return `it holds ${framer.held} bytes`;
  }
  return frames;
}

/** Whether it is in step again after whatever data has begun has ended. */
function troubleAfterwards(input: Buffer): string | undefined {
  const { framer, frames } = reader();
  framer.push(input);
  framer.push(FLUSH);
  frames.length = 0;
  framer.push(CLEAN);
  const kinds = frames.map(({ kind }) => kind).join();
  return kinds === 'data,line,prompt' ? undefined : `it is not in step again: ${kinds}`;
}

function reader(): { readonly framer: Parser; readonly frames: Frame[] } {
  const frames: Frame[] = [];
  const framer = new Parser((frame) => {
    frames.push(frame.kind === 'data' ? { ...frame, bytes: Buffer.from(frame.bytes) } : frame);
    if (frame.kind === 'line' && frame.text === 'OK') framer.expectPrompt = true;
  });
  framer.setDataFormat(0, 'long');
  return { framer, frames };
}
