import { isDeepStrictEqual } from 'node:util';
import type { Frame } from '../../../driver/at/types';
import { PARSER_BUFFER_LIMIT_BYTES } from '../../../driver/at/parser/parser';
import { reading, type Reading } from '../../harness/at/parser-reading';

/** Follows the input: line ends that end any data, then valid output. */
const FLUSH = Buffer.from('\r\n'.repeat(8300));
const CLEAN = Buffer.from('+WS_DATA:1,5,hello\r\n\r\nOK\r\n\r\n>');

/**
 * Feeds a parser whole, byte by byte, and cut in two at up to 64 places.
 * @returns a sentence about a failure, or undefined
 */
export function parserProblem(input: Buffer): string | undefined {
  try {
    const whole = read([input]);
    if (typeof whole === 'string') return whole;
    for (const chunks of chunkingsOf(input)) {
      const frames = read(chunks);
      if (typeof frames === 'string') return frames;
      if (isDeepStrictEqual(frames, whole)) continue;
      return `cut in ${chunks.length}, the first of ${chunks[0]?.length ?? 0} bytes, the parser emits other frames`;
    }
    return problemAfterwards(input);
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

/** The frames, or a sentence about a failure. */
function read(chunks: readonly Buffer[]): readonly Frame[] | string {
  const { parser, frames } = reader();
  for (const chunk of chunks) {
    parser.push(chunk);
    if (parser.held > PARSER_BUFFER_LIMIT_BYTES) return `it holds ${parser.held} bytes`;
  }
  return frames;
}

/** The failure of a parser that is not in sync again after the end of any data. */
function problemAfterwards(input: Buffer): string | undefined {
  const { parser, frames } = reader();
  parser.push(input);
  parser.push(FLUSH);
  frames.length = 0;
  parser.push(CLEAN);
  const kinds = frames.map(({ kind }) => kind).join();
  return kinds === 'data,line,prompt' ? undefined : `the parser is not in sync again: ${kinds}`;
}

/** The parser of a device whose OK precedes a prompt. */
const reader = (): Reading =>
  reading(['long'], (frame, parser) => {
    if (frame.kind === 'line' && frame.text === 'OK') parser.expectPrompt = true;
  });
