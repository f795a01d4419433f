import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ChunkJoiner } from '../../../../driver/link/receive/chunk-joiner';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import { cut, joinerRig, sizes } from './joiner-rig';

it('joining by chunk emits each chunk as it comes, including empty ones', () => {
  const { push, results } = joinerRig({ by: 'chunk' });
  push('a', '', 'bc');
  assert.deepEqual(results, ['a', '', 'bc']);
});

describe('a stalled frame', () => {
  const begun = [
    [{ by: 'json' }, '{"a":'],
    [{ by: 'delimiter', delimiter: Buffer.from('##') }, 'half'],
    [{ by: 'delimiter', delimiter: Buffer.from('##') }, '#'],
  ] as const;

  it('is detected by a late empty chunk in the middle of a message', async () => {
    for (const [framing, half] of begun) {
      const { push, results, clock } = joinerRig(framing);
      push(half);
      await clock.advance(10_000);
      push('');
      assert.deepEqual(results, ['unrecoverable FRAME_STALLED']);
    }
  });

  it('is detected after 5 s without data, not earlier, and only by an empty chunk', async () => {
    const delimiter = Buffer.from('#');
    for (const [ms, piece, expected] of [
      [5000, '', ['unrecoverable FRAME_STALLED']],
      [4999, '', []],
      [60_000, 'er#', ['later']],
    ] as const) {
      const { push, results, clock } = joinerRig({ by: 'delimiter', delimiter });
      await clock.advance(60_000);
      push('lat');
      await clock.advance(ms);
      push(piece);
      assert.deepEqual(results, expected, `${ms} ms`);
    }
  });

  it('is not assumed for an empty message that comes early or between messages', async () => {
    for (const [framing, half] of begun) {
      const { push, results, clock } = joinerRig(framing);
      push('');
      await clock.advance(10_000);
      push('', half);
      await clock.advance(4000);
      push('');
      assert.deepEqual(results, []);
    }
  });
});

describe('joining by delimiter', () => {
  it('reports a message that is too large at the first byte over the limit, and nothing more of it', () => {
    const { push, results, joiner } = joinerRig(
      { by: 'delimiter', delimiter: Buffer.from('##') },
      5,
    );
    push('12345', '6');
    assert.deepEqual(results, ['! MESSAGE_TOO_LARGE 5']);
    joiner.end();
    assert.deepEqual(results, ['! MESSAGE_TOO_LARGE 5']);
  });

  it('ends a message that is too large at its delimiter when the delimiter comes in two chunks', () => {
    const { push, results } = joinerRig({ by: 'delimiter', delimiter: Buffer.from('\r\n') }, 5);
    push('1234567\r', '\none\r\n', 'two\r\n');
    assert.deepEqual(results, ['! MESSAGE_TOO_LARGE 5', 'one', 'two']);
  });

  it('does not count a partial delimiter towards the limit, unless the rest differs', () => {
    const { push, results } = joinerRig({ by: 'delimiter', delimiter: Buffer.from('\r\n') }, 5);
    push('12345\r', '\n1234\r', '5\r\n', '12345\r', '6\r\nok\r\n');
    assert.deepEqual(results, ['12345', '! MESSAGE_TOO_LARGE 5', '! MESSAGE_TOO_LARGE 5', 'ok']);
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
  it('ends a message after the idle time, and leaves no timer', async () => {
    const { push, results, clock, joiner } = joinerRig({ by: 'idle', idleMs: 50 });
    push('a');
    await clock.advance(49);
    push('b');
    await clock.advance(49);
    assert.deepEqual(results, []);
    await clock.advance(1);
    assert.deepEqual(results, ['ab']);
    push('last');
    joiner.end();
    assert.deepEqual(results, ['ab', 'last']);
    assert.equal(clock.pending, 0);
  });

  it('ends an empty message with the connection', () => {
    const { push, results, clock, joiner } = joinerRig({ by: 'idle', idleMs: 50 });
    push('');
    assert.equal(joiner.isEmpty, false);
    joiner.end();
    assert.deepEqual([results, clock.pending], [[''], 0]);
  });

  it('leaves no timer when a message that is too large ends the connection', async () => {
    const rig = joinerRig({ by: 'idle', idleMs: 50 }, 5, () => rig.joiner.end());
    rig.push('123456');
    assert.equal(rig.clock.pending, 0);
    await rig.clock.advance(50);
    assert.deepEqual(rig.results, ['! MESSAGE_TOO_LARGE 5']);
  });

  it('drops the pending message after data loss, up to the next idle time', async () => {
    const { push, results, clock, joiner } = joinerRig({ by: 'idle', idleMs: 50 });
    push('half');
    joiner.dataLost();
    await clock.advance(49);
    push('its end');
    await clock.advance(49);
    push('more of it');
    await clock.advance(50);
    push('whole');
    await clock.advance(50);
    assert.deepEqual(results, ['whole']);
    joiner.dataLost();
    await clock.advance(50);
    push('next');
    await clock.advance(50);
    assert.deepEqual(results, ['whole', 'next']);
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

  it('reports nothing at the end of a connection after data loss, nor between messages', () => {
    const delimited = { by: 'delimiter', delimiter: Buffer.from('|') } as const;
    const lost = joinerRig(delimited, 3);
    lost.joiner.dataLost();
    lost.push('the end of a message');
    const whole = joinerRig(delimited);
    whole.push('whole|');
    const idle = joinerRig({ by: 'idle', idleMs: 50 });
    for (const { joiner } of [lost, whole, idle]) joiner.end();
    assert.deepEqual([lost.results, whole.results, idle.results], [[], ['whole'], []]);
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
