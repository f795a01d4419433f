import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PARSER_BUFFER_LIMIT_BYTES } from '../../../../driver/at/parser/parser';
import { cutAt, cuts, formats, speech, Speaker } from '../../../harness/at/device-speech';
import { expecting, LONG, reading } from '../../../harness/at/parser-reading';

const RUNS = { numRuns: 2000, seed: 20261125 };

describe('random device output', () => {
  it('parses to the same frames however the chunks are cut', () => {
    const cases = formats.chain((each) =>
      fc.record({ formats: fc.constant(each), said: speech(new Speaker(each)), cuts }),
    );
    let frames = 0;
    fc.assert(
      fc.property(cases, (each) => {
        const made = expecting(each.formats);
        for (const piece of cutAt(each.said.bytes, each.cuts)) made.parser.push(piece);
        assert.deepEqual(made.frames, each.said.frames);
        assert.equal(made.parser.held, 0);
        frames += made.frames.length;
      }),
      RUNS,
    );
    assert.ok(frames > RUNS.numRuns * 4, `${frames} frames prove little`);
  });

  it('parses to the same frames when cut in two at any byte', () => {
    fc.assert(
      fc.property(speech(new Speaker(LONG)), ({ bytes, frames }) => {
        for (let at = 0; at <= bytes.length; at++) {
          const made = expecting(LONG);
          made.parser.push(bytes.subarray(0, at));
          made.parser.push(bytes.subarray(at));
          assert.deepEqual(made.frames, frames, `cut at ${at}`);
        }
      }),
      { ...RUNS, numRuns: 60 },
    );
  });
});

/** Noise with many beginnings of headers, line ends and prompts. */
const noise = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom(
          ...['+WS_DATA:', '+WS_DATA:0,', '0,5,', '1,1,1,9,9,', '\r\n', '\r', '>', 'AT', '+X:'],
        )
        .map((text) => Buffer.from(text)),
      fc.nat(16_400).map((length) => Buffer.from(`+WS_DATA:0,${length},`)),
      fc.nat(2100).map((length) => Buffer.alloc(length, 'x')),
    ),
    { maxLength: 14 },
  )
  .map((parts) => Buffer.concat(parts));

describe('noise', () => {
  it('parses to the same frames however it is cut, and never exceeds the buffer limit', () => {
    fc.assert(
      fc.property(formats, noise, cuts, fc.boolean(), (each, bytes, places, prompts) => {
        const whole = (prompts ? expecting : reading)(each);
        whole.parser.push(bytes);
        const pieces = (prompts ? expecting : reading)(each);
        for (const piece of cutAt(bytes, places)) {
          pieces.parser.push(piece);
          assert.ok(pieces.parser.held <= PARSER_BUFFER_LIMIT_BYTES);
        }
        assert.deepEqual(pieces.frames, whole.frames);
        assert.equal(pieces.parser.unfinished, whole.parser.unfinished);
      }),
      RUNS,
    );
  });

  it('without a header ends at the next line end; with a header, after its length', () => {
    const end = Buffer.from('\r\n');
    const clean = speech(new Speaker(LONG));
    fc.assert(
      fc.property(noise, clean, (bytes, { bytes: said, frames }) => {
        const made = expecting(LONG);
        made.parser.push(bytes);
        made.parser.push(end);
        if (bytes.includes('+WS_DATA:')) made.parser.push(Buffer.from('\r\n'.repeat(8300)));
        made.frames.length = 0;
        made.parser.push(said);
        assert.deepEqual(made.frames, frames);
      }),
      RUNS,
    );
  });

  it('fills the buffer limit and no more', () => {
    const { parser } = reading();
    parser.push(Buffer.from(`A${'x'.repeat(2040)}+WS_DATA:0,16384,`));
    let most = 0;
    for (let count = 0; count < 16_384; count++) {
      parser.push(Buffer.from('y'));
      most = Math.max(most, parser.held);
    }
    assert.ok(
      most > PARSER_BUFFER_LIMIT_BYTES - 16 && most <= PARSER_BUFFER_LIMIT_BYTES,
      String(most),
    );
    assert.equal(PARSER_BUFFER_LIMIT_BYTES, 18_434);
  });
});
