import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Framing } from '../../../../driver/link/receive/options';
import { ChunkJoiner } from '../../../../driver/link/receive/chunk-joiner';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import { cut, joinerRig, sizes } from './joiner-rig';

/** What is told after steps: chunks, milliseconds without data, `<lost>` for data loss, `<end>` of the connection. */
type Row = readonly [told: string, ...steps: readonly (string | number)[]];

function rows(framing: Framing, limit: number, cases: Readonly<Record<string, Row>>): void {
  for (const [title, [expected, ...steps]] of Object.entries(cases))
    it(title, async () => {
      const { push, results, clock, joiner } = joinerRig(framing, limit);
      for (const step of steps) {
        if (typeof step === 'number') await clock.advance(step);
        else if (step === '<lost>') joiner.dataLost();
        else if (step === '<end>') joiner.end();
        else push(step);
      }
      assert.equal(results.join(' | '), expected);
    });
}

const by = (delimiter: string) => ({ by: 'delimiter', delimiter: Buffer.from(delimiter) }) as const;
const STALLED = 'unrecoverable FRAME_STALLED';
const TOO_LARGE = '! MESSAGE_TOO_LARGE 5';

describe('joining by chunk', () => {
  rows({ by: 'chunk' }, 5, {
    'emits each chunk as it comes, including empty ones': ['a |  | bc', 'a', '', 'bc'],
    'emits a chunk of the limit': [`12345 | ${TOO_LARGE}`, '12345', '123456'],
  });
});

describe('joining by delimiter', () => {
  rows(by('##'), 5, {
    'reports a message that is too large at the first byte over the limit': [
      TOO_LARGE,
      '12345',
      '6',
    ],
    'reports nothing more of it': [TOO_LARGE, '12345', '6', '<end>'],
    'skips it to its delimiter': [`${TOO_LARGE} | ok`, '123', '456', '789##ok##'],
    'detects a stall by an empty chunk after 5 s': [STALLED, 60_000, 'lat', 5000, ''],
    'detects a stall in a delimiter': [STALLED, '#', 10_000, ''],
    'detects no stall after less': ['', 60_000, 'lat', 4999, ''],
    'detects no stall by data': ['later', 60_000, 'lat', 60_000, 'er##'],
    'detects no stall between messages': ['', '', 10_000, '', 'half', 4000, ''],
    'reports the incomplete message at the end': [
      'one | ! MESSAGE_INCOMPLETE 3',
      'one##two',
      '<end>',
    ],
    'reports nothing at the end between messages': ['whole', 'whole##', '<end>'],
    'reports nothing at the end after data loss': ['', '<lost>', 'the end of a message', '<end>'],
    'drops a message with a lost beginning': ['one | next', 'one##be', '<lost>', 'gun##next##'],
  });
  rows(by('\r\n'), 5, {
    'ends a message that is too large at a delimiter in two chunks': [
      `${TOO_LARGE} | one | two`,
      ...['1234567\r', '\none\r\n', 'two\r\n'],
    ],
    'does not count a partial delimiter': ['12345', '12345\r', '\n'],
    'counts a delimiter whose rest differs': [`${TOO_LARGE} | ok`, '1234\r', '5\r\n', 'ok\r\n'],
    'counts one at the limit': [`${TOO_LARGE} | ok`, '12345\r', '6\r\nok\r\n'],
  });

  it('refuses the same messages however the chunks are cut', () => {
    const text = fc
      .array(fc.constantFrom('a', '-', '\r'), { maxLength: 9 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), sizes, (messages, at) => {
        const delimiter = '--\r';
        const input = messages.map((message) => message + delimiter).join('');
        const { push, results } = joinerRig(
          { by: 'delimiter', delimiter: Buffer.from(delimiter) },
          6,
        );
        push(...cut(Buffer.from(input), at));
        const wanted = input.split(delimiter).slice(0, -1);
        assert.deepEqual(
          results,
          wanted.map((message) => (message.length > 6 ? '! MESSAGE_TOO_LARGE 6' : message)),
        );
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});

describe('joining by idle time', () => {
  rows({ by: 'idle', idleMs: 50 }, 50, {
    'ends a message after the idle time': ['ab', 'a', 49, 'b', 50],
    'does not end it before': ['', 'a', 49, 'b', 49],
    'ends it with the connection': ['last', 'last', '<end>'],
    'ends an empty one with the connection': ['last | ', 'last', 50, '', '<end>'],
    'reports nothing at the end between messages': ['', '<end>'],
    'drops the pending message after data loss, up to the next idle time': [
      'whole',
      ...['half', '<lost>', 49, 'its end', 49, 'more of it', 50, 'whole', 50],
    ],
    'drops nothing after an idle time since the data loss': ['next', '<lost>', 50, 'next', 50],
  });

  it('leaves no timer when a message that is too large ends the connection', async () => {
    const rig = joinerRig({ by: 'idle', idleMs: 50 }, 5, () => rig.joiner.end());
    rig.push('123456');
    assert.equal(rig.clock.pending, 0);
    await rig.clock.advance(50);
    assert.deepEqual(rig.results, [TOO_LARGE]);
  });
});

describe('joining JSON', () => {
  rows({ by: 'json' }, 30, {
    'ends a message at the bracket that closes the first one': [
      '[1,[2],3] | {}',
      '[1,[2]',
      ',3]{}',
    ],
    'ignores brackets in strings': ['{"a":"}\\"]{"}', '{"a":"}\\"', ']{', '"}'],
    'emits a text that no bracket opens as it comes': [
      '42 | true | "{" | ] | }{ | []',
      ...['42', 'true', '"{"', ']', '}{', '[]'],
    ],
    'drops white space between texts': ['{"":1}', ' \r\n\t', '{"":1}', '\n', '<end>'],
    'begins anew after data loss in a string': ['{"b":""}', '{"a":["\\', '<lost>', '{"b":""}'],
    'detects a stall': [STALLED, '{"a":', 10_000, ''],
    'emits a message of the limit': [`["${'x'.repeat(26)}"]`, `["${'x'.repeat(26)}"]`],
  });

  const begun = ['{"a":[{"b":1},', '<lost>'];
  rows({ by: 'json' }, 1000, {
    'drops parts of a message with a lost beginning': [
      '{"e":3}',
      ...[...begun, '{"c":1},{"d":2}]}', '{"e":', '3}'],
    ],
    'drops them in several chunks': [
      ' [4] | {}',
      ...[...begun, '{"c":1},', '{"d":2}]} \n', ' [4', ']{}'],
    ],
    'drops them up to a text without brackets': ['12 | 13', ...begun, '"c"}', '12', '13'],
    'drops none behind a whole text': [
      '{"e":3} | [4] | {"f":5}',
      ...[...begun, '{"e":3}[4] ', '{"f":', '5}'],
    ],
    'drops a text in two chunks right behind the loss': [
      '{"f":5}',
      ...[...begun, '{"e":', '3}', '{"f":', '5}'],
    ],
  });

  it('finds the same texts however the chunks are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.object(), fc.array(fc.string())), { maxLength: 6 }),
        sizes,
        (values, at) => {
          const { push, results } = joinerRig({ by: 'json' }, 1e9);
          push(...cut(Buffer.from(values.map((value) => JSON.stringify(value)).join('')), at));
          assert.deepEqual(
            results,
            values.map((value) => JSON.stringify(value)),
          );
        },
      ),
      { numRuns: 300, seed: 3 },
    );
  });
});

describe('a chunk joiner', () => {
  it('is empty between messages only, and not while a beginning is lost', () => {
    const { push, joiner } = joinerRig({ by: 'delimiter', delimiter: Buffer.from('##') }, 5);
    assert.equal(joiner.isEmpty, true);
    for (const [piece, isEmpty] of [
      ['a', false],
      ['##', true],
      ['#', false],
      ['#', true],
      ['123456', false],
      ['##', true],
    ] as const) {
      push(piece);
      assert.equal(joiner.isEmpty, isEmpty, piece);
    }
    joiner.dataLost();
    assert.equal(joiner.isEmpty, false);
  });

  it('delivers a message of one chunk without a copy', () => {
    const bytes = Buffer.from('hello');
    const heard: Buffer[] = [];
    const ignore = () => undefined;
    const joiner = new ChunkJoiner(0, { by: 'chunk' }, 1000, new VirtualClock(), {
      failed: ignore,
      unrecoverable: ignore,
      message: (_, message) => heard.push(message),
    });
    joiner.push({ kind: 'data', link: 0, bytes });
    assert.equal(heard[0], bytes);
  });
});
