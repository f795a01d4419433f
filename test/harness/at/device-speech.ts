import fc from 'fast-check';
import type { DataFormat, Frame, LinkId } from '../../../driver/at/types';

/** A chunk of device output, and the frames that a parser must emit for it. */
interface Speech {
  readonly bytes: Buffer;
  readonly frames: readonly Frame[];
}

/** The link's `+WS_DATA` formats, by link. */
export type Formats = readonly [DataFormat, DataFormat, DataFormat];

/** A `+WS_DATA` URC. */
export interface Data {
  readonly link: LinkId;
  readonly opcode: number;
  readonly fin: boolean;
  /** Count of bytes of the WebSocket frame behind this chunk. */
  readonly beyond: number;
  readonly bytes: Buffer;
}

/** Writes device output by the ESP-AT documentation, without code of the driver. */
export class Speaker {
  readonly #formats: Formats;

  constructor(formats: Formats) {
    this.#formats = formats;
  }

  line(text: string): Speech {
    const frames: readonly Frame[] = text === '' ? [] : [{ kind: 'line', text }];
    return { bytes: Buffer.from(`${text}\r\n`, 'latin1'), frames };
  }

  data(data: Data): Speech {
    const { link, opcode, fin, beyond, bytes } = data;
    const payloadLength = bytes.length + beyond;
    const long = this.#formats[link] === 'long';
    const numbers = long
      ? [link, opcode, fin ? 1 : 0, payloadLength, bytes.length]
      : [link, bytes.length];
    return {
      bytes: Buffer.concat([
        Buffer.from(`+WS_DATA:${numbers.join()},`),
        bytes,
        Buffer.from('\r\n'),
      ]),
      frames: [
        long
          ? { kind: 'data', link, opcode, fin, payloadLength, bytes }
          : { kind: 'data', link, bytes },
      ],
    };
  }

  /** Data of a TCP, UDP or SSL connection, which ends without a line end. The texts are `[link,]` and `[,"address",port]`. */
  foreign([before, after]: readonly [string, string], bytes: Uint8Array): Speech {
    const text = `+IPD,${before}${bytes.length}${after}:`;
    return {
      bytes: Buffer.concat([Buffer.from(text), bytes]),
      frames: [{ kind: 'line', text }],
    };
  }

  /** The data prompt; some modules send a space behind it. */
  prompt(space: boolean): Speech {
    return {
      bytes: Buffer.from(`\r\nOK\r\n\r\n>${space ? ' ' : ''}`),
      frames: [{ kind: 'line', text: 'OK' }, { kind: 'prompt' }],
    };
  }

  /** The echo of a command line, with data between its parts. */
  echo(parts: readonly string[], data: readonly Data[]): Speech {
    const output = parts.flatMap((part, index) => {
      const each = index < parts.length - 1 ? data[index] : undefined;
      const text = Buffer.from(part, 'latin1');
      return each ? [text, this.data(each).bytes] : [text];
    });
    const between = data.slice(0, parts.length - 1).flatMap((each) => this.data(each).frames);
    return {
      bytes: Buffer.concat([...output, Buffer.from('\r\n')]),
      frames: [...between, { kind: 'line', text: parts.join('') }],
    };
  }

  /** Noise immediately before data. */
  noise(text: string, data: Data): Speech {
    const { bytes, frames } = this.data(data);
    const noise: readonly Frame[] = text === '' ? [] : [{ kind: 'line', text }];
    return {
      bytes: Buffer.concat([Buffer.from(text, 'latin1'), bytes]),
      frames: [...frames, ...noise],
    };
  }
}

export const link: fc.Arbitrary<LinkId> = fc.constantFrom(0, 1, 2);
const format = fc.constantFrom<DataFormat>('short', 'long');
export const formats: fc.Arbitrary<Formats> = fc.tuple(format, format, format);

/** Texts with a meaning outside a payload, and none inside. */
const controlText = fc.constantFrom(
  ...['\r\n', '\r', '\n', '>', '\r\n>', '\r\nOK\r\n', '\r\nOK\r\n\r\n>', '\r\nready\r\n'],
  ...['+WS_DATA:0,5,', '+WS_DATA:1,1,1,3,3,abc\r\n', '+WS_CLOSED:0\r\n', 'busy p...\r\n', '\xff'],
);

const payload = fc
  .array(
    fc.oneof(
      controlText.map((text) => Buffer.from(text, 'latin1')),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    ),
    { maxLength: 5 },
  )
  .map((parts) => Buffer.concat(parts));

export const data: fc.Arbitrary<Data> = fc.record({
  link,
  opcode: fc.nat(2),
  fin: fc.boolean(),
  beyond: fc.oneof(fc.constant(0), fc.nat(100_000)),
  bytes: payload,
});

const foreignHead = fc.constantFrom<readonly [string, string]>(
  ['', ''],
  ['0,', ''],
  ['4,', ',"192.168.1.2",8080'],
  ['', ',"fe80::1",80'],
);

/** A line without a line end or data in it. */
const plain = fc
  .oneof(
    fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength: 60 }),
    fc.constantFrom('OK', 'ERROR', 'ready', 'WIFI GOT IP', '+WS_CLOSED:0', 'busy p...', '+WS_DAT'),
  )
  .filter((text) => !/\r\n|\+WS_DATA:|^[> ]|^\n|\r$/.test(text));

/** A response that quotes a URI: text in the quotes is not data. */
const response = plain.map((text) => `+WSOPEN:0,2,"ws://h/?+WS_DATA:0,3,${text}"`);

/** Any sequence of device output. */
export function speech(speaker: Speaker): fc.Arbitrary<Speech> {
  const part = fc.oneof(
    { weight: 4, arbitrary: data.map((each) => speaker.data(each)) },
    { weight: 3, arbitrary: fc.oneof(plain, response).map((text) => speaker.line(text)) },
    { weight: 1, arbitrary: fc.boolean().map((space) => speaker.prompt(space)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          foreignHead,
          payload.filter(({ length }) => length > 0),
        )
        .map(([head, bytes]) => speaker.foreign(head, bytes)),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.array(plain, { maxLength: 3 }), fc.array(data, { maxLength: 3 }))
        .map(([parts, between]) => speaker.echo(['AT+', ...parts], between)),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          plain.filter((text) => !text.startsWith('A') && !/^\+.*:/s.test(text)),
          data,
        )
        .map(([text, each]) => speaker.noise(text, each)),
    },
  );
  return fc.array(part, { maxLength: 12 }).map((parts) => ({
    bytes: Buffer.concat(parts.map(({ bytes }) => bytes)),
    frames: parts.flatMap(({ frames }) => frames),
  }));
}

/** Splits bytes. @param cuts places as fractions of the length */
export function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = cuts.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b);
  const pieces: Buffer[] = [];
  let from = 0;
  for (const place of [...places, bytes.length]) {
    if (place > from) pieces.push(bytes.subarray(from, place));
    from = place;
  }
  return pieces;
}

/** Places to cut: none, some, or every byte. */
export const cuts: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
  fc.constant(Array.from({ length: 4096 }, (_, index) => index / 4096)),
);
