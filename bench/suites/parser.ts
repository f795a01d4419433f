import { ReadlineParser } from '@serialport/parser-readline';
import type { DataFormat } from '../../driver/at/types';
import { Parser } from '../../driver/at/parser/parser';
import { compare } from '../compare';
import { cut, dataUrc } from '../support/stream';
import { rounded, varied, type Effort, type Row } from '../suite';

/** A pass is at least one message. */
const PASS_BYTES = 128 * 1024;
/** For chunks of one byte. */
const SHORT_PASS_BYTES = 32 * 1024;

/**
 * Compares the parser on a stream of received messages with `@serialport/parser-readline` on the same bytes (which neither
 * parses the header nor survives a CR LF in a payload), and with a copy of the bytes.
 */
export async function* run(effort: Effort): AsyncGenerator<Row> {
  for (const format of varied<DataFormat>(effort, ['short', 'long'])) {
    for (const payload of varied(effort, [16, 1024, 16_384])) {
      for (const chunk of varied(effort, [1, 64, 4096, 65_536])) {
        yield await measure({ format, payload, chunk }, effort);
      }
    }
  }
}

interface Case {
  readonly format: DataFormat;
  /** Bytes of a message. */
  readonly payload: number;
  /** Bytes of a chunk. */
  readonly chunk: number;
}

async function measure({ format, payload, chunk }: Case, effort: Effort): Promise<Row> {
  const text = 'x'.repeat(payload);
  const message = Buffer.from(
    format === 'short' ? `+WS_DATA:0,${payload},${text}\r\n` : dataUrc(0, text),
  );
  const pass = chunk === 1 ? SHORT_PASS_BYTES : PASS_BYTES;
  const messages = Math.max(1, Math.floor(pass / message.length));
  const bytes = Buffer.concat(Array.from({ length: messages }, () => message));
  const chunks = cut(bytes, chunk);
  const target = Buffer.alloc(bytes.length);

  const parser = new Parser((frame) => {
    if (frame.kind === 'data') found += frame.bytes.length;
  });
  parser.setDataFormat(0, format);
  const readline = new ReadlineParser({ delimiter: '\r\n' });
  readline.on('data', (line: string) => (lines += line.length));
  let found = 0;
  let lines = 0;

  const taken = await compare(
    {
      parser: (times) => {
        found = 0;
        for (let time = 0; time < times; time++) for (const piece of chunks) parser.push(piece);
        if (found !== times * messages * payload) throw new Error('the parser lost bytes');
      },
      readline: async (times) => {
        lines = 0;
        for (let time = 0; time < times; time++) {
          for (const piece of chunks) if (!readline.write(piece)) await drained(readline);
        }
        await written(readline);
        if (lines !== times * messages * (message.length - 2))
          throw new Error('readline lost bytes');
      },
      copy: (times) => {
        for (let time = 0; time < times; time++) {
          let at = 0;
          for (const piece of chunks) at += piece.copy(target, at);
        }
      },
    },
    effort,
  );
  return {
    suite: 'parser',
    format,
    payload,
    chunk,
    messagesPerSecond: rounded((messages * 1000) / taken.parser),
    megabytesPerSecond: rounded(bytes.length / taken.parser / 1000),
    nanosecondsPerByte: rounded((taken.parser * 1e6) / bytes.length),
    readlineMessagesPerSecond: rounded((messages * 1000) / taken.readline),
    copyMegabytesPerSecond: rounded(bytes.length / taken.copy / 1000),
    timesReadline: rounded(taken.readline / taken.parser),
    partOfCopy: rounded(taken.copy / taken.parser),
  };
}

/** Settles once the stream takes more. */
function drained(stream: ReadlineParser): Promise<void> {
  return new Promise((resolve) => stream.once('drain', () => resolve()));
}

/** Settles once the stream has taken all writes. */
function written(stream: ReadlineParser): Promise<void> {
  return new Promise((resolve) => stream.write(Buffer.alloc(0), () => resolve()));
}
