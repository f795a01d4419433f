import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { placeholderText } from '../../../driver/recorder/placeholder';
import { Recorder } from '../../../driver/recorder/recorder';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { cut, kept as keptLines, secretsWith, type Direction } from './kept';

const kept = (password: string, direction: Direction, chunks: readonly Buffer[]) =>
  keptLines(secretsWith(password), chunks, direction).join('');

const padding = fc.nat({ max: 700 }).map((length) => '.'.repeat(length));
const places = fc.array(fc.nat(), { maxLength: 30 });
/** Characters of the texts between the parts, too, and some that have several forms. */
const character = fc.constantFrom(...Array.from('AT+WSEND=,\r\n_D:0123456789kz"\\é~'));
const lines = fc.array(fc.constantFrom('', 'OK\r\n', 'SEND OK\r\n', '+WS_CLOSED:2\r\n'), {
  maxLength: 3,
});
const gap = fc
  .tuple(
    lines,
    fc.constantFrom('', '\r\nOK\r\n\r\n>'),
    fc.constantFrom('', '1,0,16384,', '0,1,5,'),
    fc.nat({ max: 16_384 }),
  )
  .map(([said, ...head]) => `\r\n${said.join('')}${head[0]}+WS_DATA:0,${head[1]}${head[2]},`);
/** What the driver writes between the fragments of a message. */
const written = fc.array(
  fc.constantFrom('\r', '\n', '\r\n', 'AT\r\n', 'AT+WSSEND=1,5\r\n', 'other', '~q', '~q~q'),
  { maxLength: 5 },
);

/**
 * Counts the last bytes of a secret that a gap before them holds as well, as `0,1` in the header of a data URC: the recorder
 * takes those, and the bytes of the secret behind the gap stay. At least 1: the last byte may stand anywhere in a gap.
 */
function twofold(parts: readonly string[], gaps: readonly string[], bytes: string): number {
  let at = 0;
  const rests = parts.map((part, index) => {
    at = bytes.indexOf(part, at) + part.length;
    const rest = parts.slice(index + 1).join('');
    return gaps[index]?.includes(rest) || bytes.startsWith(rest, at) ? rest.length : 0;
  });
  return Math.max(1, ...rests);
}

/** A secret of 4 to 512 bytes in parts, with what stands behind each. */
const parts = fc.array(fc.tuple(fc.array(character, { minLength: 1, maxLength: 9 }), gap), {
  minLength: 1,
  maxLength: 50,
});

describe('a secret', () => {
  it('that data URCs and reads cut anywhere gets into no recording', () => {
    fc.assert(
      fc.property(parts, padding, padding, places, (cutUp, before, after, at) => {
        const texts = cutUp.map(([text]) => text.join(''));
        texts[0] = `~q~q${texts[0] ?? ''}`;
        const gapTexts = cutUp.map(([, gap]) => gap);
        const password = texts.join('');
        fc.pre(Buffer.byteLength(password) <= 512);
        const join = (pieces: readonly string[]) => {
          const bodies = pieces.map((text, index) => {
            const isLast = index === pieces.length - 1;
            return text + (isLast ? '' : (gapTexts[index] ?? ''));
          });
          return Buffer.from(`${before}${bodies.join('')}${after}!`);
        };
        const bytes = join(texts);
        const clean = join(texts.map(placeholderText));
        const result = Buffer.from(kept(password, 'device', cut(bytes, at)), 'latin1');
        assert.equal(result.length, bytes.length);
        const left = [...bytes].filter(
          (byte, index) => byte !== clean[index] && byte === result[index],
        );
        assert.ok(
          left.length <= twofold(texts, gapTexts, bytes.toString()),
          `${result.toString('latin1')} for ${bytes.toString('latin1')}`,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('that fragments of a message cut anywhere gets into no recording, whatever the driver writes between them', () => {
    const text = fc.array(character, { minLength: 1, maxLength: 99 });
    fc.assert(
      fc.property(
        text,
        padding,
        padding,
        places,
        written,
        (characters, before, after, at, between) => {
          const password = `~q~q${characters.join('')}`;
          const message = (secret: string) => Buffer.from(`${before}${secret}${after}!`);
          const recorder = new Recorder(2 ** 20, new VirtualClock(), secretsWith(password));
          const payload = message(password);
          void recorder.send(0, {}, payload, () => Promise.resolve());
          // In the same memory, as small buffers are.
          void recorder.send(1, {}, Buffer.from('other'), () => Promise.resolve());
          const fragments = cut(payload, at);
          for (const fragment of fragments)
            for (const bytes of [fragment, ...between.map((each) => Buffer.from(each))])
              recorder.wrote(bytes);
          const recorded = recorder.lines().map(({ line }) => line);
          const hosts = recorded.flatMap((line) => ('host' in line ? line.host : []));
          const clean = message(placeholderText(password));
          const expected = cut(clean, at).flatMap((fragment) => [
            fragment.toString('latin1'),
            ...between,
          ]);
          assert.deepEqual(hosts, expected);
          const [first] = recorded.flatMap((line) => ('bytes' in line ? line.bytes : []));
          assert.equal(first, clean.toString('latin1'));
        },
      ),
    );
  });

  it('that a server imitates with thousands of gaps takes no long search', () => {
    const gaps = '\r\n+WS_DATA:0,0,\r\n+WS_DATA:0,1,0,5,5,'.repeat(3000);
    const bytes = Buffer.from(`~${gaps}!`);
    const start = performance.now();
    assert.equal(kept('~q~q-secret', 'device', [bytes]), bytes.toString());
    assert.ok(performance.now() - start < 60_000, 'it takes a second, and took minutes');
  });

  it('of 1 to 3 bytes gets into no recording where the driver writes it', () => {
    fc.assert(
      fc.property(
        fc.array(character, { minLength: 1, maxLength: 3 }),
        padding,
        padding,
        (characters, before, after) => {
          const password = characters.join('');
          fc.pre(Buffer.byteLength(password) <= 3);
          const line = (text: string) =>
            Buffer.from(
              `${before}AT+CWJAP="net","${text.replace(/["\\,]/g, '\\$&')}"\r\n${after}!`,
            );
          const result = kept(password, 'host', [line(password)]);
          assert.equal(result, line(placeholderText(password)).toString('latin1'));
        },
      ),
    );
  });

  it('of which a part came when the recorder could hold no more gets into no recording', () => {
    const password = 'correct horse battery staple';
    const bytes = Buffer.from(`${'.'.repeat(65_530)}${password}.`);
    for (let at = 65_531; at < bytes.length; at++) {
      const places = [at, at + 1, at + 3].filter((place) => place < bytes.length);
      const result = kept(password, 'device', cut(bytes, places));
      assert.equal(result, bytes.toString().replace(password, '*'.repeat(password.length)));
    }
  });

  it('that has begun when the port is lost holds back a bounded number of the records behind it', () => {
    const recorder = new Recorder(2 ** 20, new VirtualClock(), secretsWith('password'));
    recorder.received(Buffer.from('\r\npass'));
    for (let count = 0; count < 10_000; count++) recorder.line({ late: count });
    assert.equal(recorder.heldLines().length, 0);
    const [first, ...others] = recorder.lines().map(({ line }) => line);
    assert.deepEqual(first, { at: 0, device: '\r\n****' });
    assert.equal(others.length, 10_000);
  });
});
