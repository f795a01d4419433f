import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cut, joinerRig, sizes } from './joiner-rig';

describe('joining JSON', () => {
  it('ends a message at the bracket that closes the first one, and ignores brackets in strings', () => {
    const { push, results } = joinerRig({ by: 'json' });
    push('{"a":"}\\"', ']{', '"}', ' \r\n[1,[2]', ',3]{"b', '":{}}');

    assert.deepEqual(
      results.map((text) => JSON.parse(text) as unknown),
      [{ a: '}"]{' }, [1, [2], 3], { b: {} }],
    );
  });

  it('emits a text that no bracket opens as it comes', () => {
    const texts = ['42', 'true', '"{"', ']', '}{', '[]'];
    const { push, results } = joinerRig({ by: 'json' });
    push(...texts);
    assert.deepEqual(results, texts);
  });

  it('drops white space between texts', () => {
    const { push, results, joiner } = joinerRig({ by: 'json' });
    push(' \r\n\t', '{"":1}', '\n');
    assert.deepEqual(results, ['{"":1}']);
    assert.equal(joiner.isEmpty, true);
  });

  it('drops, after data loss, parts of a message with a lost beginning, until a text begins', () => {
    for (const [chunks, texts] of [
      [['{"c":1},{"d":2}]}', '{"e":', '3}'], ['{"e":3}']],
      [
        ['{"c":1},', '{"d":2}]} \n', ' [4', ']{}'],
        [' [4]', '{}'],
      ],
      [
        ['"c"}', '12', '13'],
        ['12', '13'],
      ],
      [
        ['{"e":3}[4] ', '{"f":', '5}'],
        ['{"e":3}', '[4]', '{"f":5}'],
      ],
      [['{"e":', '3}', '{"f":', '5}'], ['{"f":5}']],
    ] as const) {
      const { push, results, joiner } = joinerRig({ by: 'json' });
      push('{"a":[{"b":1},');
      joiner.dataLost();
      push(...chunks);
      assert.deepEqual(results, texts);
    }
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
