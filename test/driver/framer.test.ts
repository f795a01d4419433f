import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Frame, LinkId } from '../../driver/at/frame';
import { Framer } from '../../driver/at/framer';

interface Settings {
  readonly expectPrompt?: boolean;
  readonly long?: readonly LinkId[];
}

/** Frames in a form that compares and reads well. */
function frames(chunks: readonly Buffer[], settings: Settings = {}): string[] {
  const seen: string[] = [];
  const framer = new Framer((frame) => seen.push(show(frame)));
  framer.expectPrompt = settings.expectPrompt ?? false;
  for (const link of settings.long ?? []) framer.setFormat(link, 'long');
  for (const chunk of chunks) framer.push(chunk);
  return seen;
}

function show(frame: Frame): string {
  switch (frame.kind) {
    case 'line':
      return `line ${frame.text}`;
    case 'prompt':
      return 'prompt';
    case 'garbage':
      return `garbage ${frame.reason} ${frame.length}`;
    case 'data': {
      const traits =
        frame.opcode === undefined
          ? ''
          : ` op=${frame.opcode} fin=${Number(frame.fin)} of=${frame.payloadLength}`;
      return `data ${frame.link}${traits} ${frame.bytes.toString('latin1')}`;
    }
  }
}

const bytes = (text: string) => Buffer.from(text, 'latin1');
const whole = (text: string, settings?: Settings) => frames([bytes(text)], settings);
const cut = (input: Buffer, size: number) =>
  Array.from({ length: Math.ceil(input.length / size) }, (_, index) =>
    Buffer.from(input.subarray(index * size, (index + 1) * size)),
  );

describe('the framer', () => {
  it('makes lines of what ends in CR LF, and nothing of empty ones', () => {
    assert.deepEqual(whole('\r\nOK\r\n\r\n+WSOPEN:0,2,"ws://h/"\r\n\r\nSEND OK\r\n'), [
      'line OK',
      'line +WSOPEN:0,2,"ws://h/"',
      'line SEND OK',
    ]);
    assert.deepEqual(whole('a\rb\nc\r\n'), ['line a\rb\nc']);
  });

  it('sees a prompt only where one may come, once, with or without a space after it', () => {
    assert.deepEqual(whole('\r\nOK\r\n\r\n>', { expectPrompt: true }), ['line OK', 'prompt']);
    assert.deepEqual(whole('\r\n> \r\nSEND OK\r\n', { expectPrompt: true }), [
      'prompt',
      'line SEND OK',
    ]);
    assert.deepEqual(whole('\r\n>\r\n>\r\n', { expectPrompt: true }), ['prompt', 'line >']);
    assert.deepEqual(whole('\r\n>\r\nOK\r\n'), ['line >', 'line OK']);
    assert.deepEqual(whole('OK\r\n+WS_CLOSED:1\r\n\r\n>', { expectPrompt: true }), [
      'line OK',
      'line +WS_CLOSED:1',
      'prompt',
    ]);
  });

  it('takes data by its length, whatever is inside', () => {
    const payload = '\r\nOK\r\n+WS_CLOSED:0\r\n>\0\xff+WS_DATA:0,1,x\r\n';
    assert.deepEqual(whole(`+WS_DATA:2,${payload.length},${payload}\r\nready\r\n`), [
      `data 2 ${payload}`,
      'line ready',
    ]);
    assert.deepEqual(whole('+WS_DATA:0,0,\r\n+WS_DATA:1,1,x\r\n'), ['data 0 ', 'data 1 x']);
  });

  it('reads the long format where it was told to', () => {
    const text = '+WS_DATA:1,2,0,2500,3,abc\r\n+WS_DATA:0,3,abc\r\n';
    assert.deepEqual(whole(text, { long: [1] }), ['data 1 op=2 fin=0 of=2500 abc', 'data 0 abc']);
  });

  it('finds data in the middle of a line and joins what it interrupted', () => {
    assert.deepEqual(whole('AT+W+WS_DATA:0,8,mid-line\r\nSOPEN?\r\n'), [
      'data 0 mid-line',
      'line AT+WSOPEN?',
    ]);
    assert.deepEqual(whole('\xff\0+WS_DATA:0,2,hi\r\n\r\nOK\r\n'), [
      'data 0 hi',
      'line \xff\0',
      'line OK',
    ]);
  });

  it('leaves alone what an answer quotes', () => {
    const text = '+WSOPEN:0,2,"ws://h/+WS_DATA:0,5,"';
    assert.deepEqual(whole(`${text}\r\nOK\r\n`), [`line ${text}`, 'line OK']);
  });

  it('notices bytes that are missing, and goes on after the announced length', () => {
    assert.deepEqual(whole('+WS_DATA:0,5,helo\r\nOK\r\n'), ['garbage length 5', 'line \nOK']);
    assert.deepEqual(whole('+WS_DATA:0,5,helllo\r\nOK\r\n'), [
      'garbage length 5',
      'line o',
      'line OK',
    ]);
  });

  it('does not believe headers that cannot be', () => {
    for (const header of ['3,5,', '0,16385,', '0,,', 'x,1,', '0,1x,', '00,1,', '0,99999999999,']) {
      const [first, ...rest] = whole(`+WS_DATA:${header}hello\r\nOK\r\n`);
      assert.match(first ?? '', /^garbage header/, header);
      assert.deepEqual(rest, ['line OK'], header);
    }
    for (const header of ['0,16,1,5,5,', '0,1,2,5,5,', '0,1,1,4,5,', '0,5,']) {
      const [first, ...rest] = whole(`+WS_DATA:${header}hello\r\nOK\r\n`, { long: [0] });
      assert.match(first ?? '', /^garbage header/, header);
      assert.deepEqual(rest, ['line OK'], header);
    }
  });

  it('gives up lines that never end, and is in step with the next', () => {
    const long = 'x'.repeat(5000);
    assert.deepEqual(whole(`${long}\r\nOK\r\n`), ['garbage overflow 2049', 'line OK']);
    assert.deepEqual(
      whole(`${'y'.repeat(2046)}\r\n`).map((frame) => frame.length),
      [2051],
    );
  });

  it('hands on payloads as views of a chunk that has them whole', () => {
    let seen: Buffer | undefined;
    const framer = new Framer((frame) => {
      if (frame.kind === 'data') seen = frame.bytes;
    });
    const chunk = bytes('+WS_DATA:0,5,hello\r\n');
    framer.push(chunk);
    assert.equal(seen?.buffer, chunk.buffer);
  });

  it('gives up data that was begun when told to', () => {
    const seen: string[] = [];
    const framer = new Framer((frame) => seen.push(show(frame)));
    framer.push(bytes('+WS_DATA:0,500,hello\r\n'));
    assert.deepEqual([framer.inData, framer.pending], [true, 7]);
    framer.abandonData();
    framer.push(bytes('\r\nOK\r\n'));
    assert.deepEqual(seen, ['garbage length 7', 'line OK']);
  });

  it('forgets everything on reset', () => {
    const seen: string[] = [];
    const framer = new Framer((frame) => seen.push(show(frame)));
    framer.setFormat(0, 'long');
    for (const begun of ['half a li', '+WS_DATA:0,1,1,500,500,abc', '+WS_DA', 'x'.repeat(3000)]) {
      framer.push(bytes(begun));
      seen.length = 0;
      framer.reset();
      assert.equal(framer.pending, 0);
      framer.push(bytes('+WS_DATA:0,2,hi\r\nready\r\n'));
      assert.deepEqual(seen, ['data 0 hi', 'line ready'], begun);
      framer.setFormat(0, 'long');
    }
  });
});

describe('the framer, whatever comes', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '\r\nOK\r\n',
      '\r\nSEND OK\r\n',
      '\r\nERROR\r\n',
      '\r\n>',
      '> ',
      '\r',
      '\n',
      '+',
      '+WS_',
      'ready\r\n',
      'AT+W',
      ',',
      '0',
      '16',
      '\0',
      '\xff',
    ),
    fc
      .tuple(fc.integer({ min: 0, max: 3 }), fc.string({ maxLength: 40 }))
      .map(
        ([link, text]) =>
          `+WS_DATA:${link},${Buffer.byteLength(text)},${bytes(text).toString('latin1')}\r\n`,
      ),
    fc
      .tuple(fc.integer({ min: 0, max: 17 }), fc.integer({ min: 0, max: 50 }))
      .map(
        ([opcode, length]) =>
          `+WS_DATA:1,${opcode},1,${length},${length},${'z'.repeat(length)}\r\n`,
      ),
    fc.string({ maxLength: 20 }),
    fc.constant('x'.repeat(1500)),
  );
  const stream = fc.array(piece, { maxLength: 30 }).map((pieces) => bytes(pieces.join('')));

  it('makes the same frames of the same bytes however they are cut', () => {
    fc.assert(
      fc.property(
        stream,
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        (input, sizes, expectPrompt) => {
          const settings: Settings = { expectPrompt, long: [1] };
          const expected = frames([input], settings);
          assert.deepEqual(frames(cut(input, 1), settings), expected);
          const chunks: Buffer[] = [];
          for (let at = 0, turn = 0; at < input.length; turn++) {
            const size = sizes[turn % sizes.length] ?? 1;
            chunks.push(Buffer.from(input.subarray(at, at + size)));
            at += size;
          }
          assert.deepEqual(frames(chunks, settings), expected);
        },
      ),
      { numRuns: 2000, seed: 7 },
    );
  });

  it('never throws, and never holds more than a line and a payload', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        const framer = new Framer(() => undefined);
        for (let turn = 0; turn < 10; turn++) framer.push(Buffer.from(noise));
        framer.push(bytes('\r\n+WS_DATA:0,16384,'));
        framer.push(Buffer.alloc(16_000));
        assert.ok(framer.pending <= 2049 + 16_384);
      }),
      { numRuns: 1000, seed: 11 },
    );
  });
});
