import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Framing } from '../../../../driver/link/options';
import { ChunkJoiner } from '../../../../driver/link/receive/chunk-joiner';
import { planSends } from '../../../../driver/link/send/send-plan';
import { VirtualClock } from '../../../harness/virtual-clock';

function rig(joining: Framing, limit = 1000) {
  const told: string[] = [];
  const clock = new VirtualClock();
  const joiner = new ChunkJoiner(0, joining, limit, clock, {
    message: (_, bytes) => told.push(bytes.toString()),
    failed: (error) => told.push(`! ${error.code}`),
    unrecoverable: (error) => told.push(`unrecoverable ${error.code}`),
  });
  const push = (...pieces: (string | Buffer)[]) => {
    for (const piece of pieces) joiner.push({ kind: 'data', link: 0, bytes: Buffer.from(piece) });
  };
  return { joiner, told, clock, push };
}

/** Cuts bytes at the given sizes, over and over. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 8 });

describe('joining by chunk', () => {
  it('emits each chunk as it comes, including empty ones', () => {
    const { push, told } = rig({ by: 'chunk' });
    push('a', '', 'bc');
    assert.deepEqual(told, ['a', '', 'bc']);
  });
});

describe('a stalled frame', () => {
  const begun = [
    [{ by: 'json' }, '{"a":'],
    [{ by: 'delimiter', delimiter: Buffer.from('##') }, 'half'],
    [{ by: 'delimiter', delimiter: Buffer.from('##') }, '#'],
  ] as const;

  it('is detected by a late empty chunk in the middle of a message', async () => {
    for (const [joining, half] of begun) {
      const { push, told, clock } = rig(joining);
      push(half);
      await clock.advance(10_000);
      push('');
      assert.deepEqual(told, ['unrecoverable FRAME_STALLED']);
    }
  });

  it('is not assumed for an empty message that comes early or between messages', async () => {
    for (const [joining, half] of begun) {
      const { push, told, clock } = rig(joining);
      push('');
      await clock.advance(10_000);
      push('', half);
      await clock.advance(4000);
      push('');
      assert.deepEqual(told, []);
    }
  });
});

describe('joining JSON', () => {
  it('ends a message at the bracket that closes the first one, and ignores brackets in strings', () => {
    const { push, told } = rig({ by: 'json' });
    push('{"a":"}\\"', ']{', '"}', ' \r\n[1,[2]', ',3]{"b', '":{}}');

    assert.deepEqual(
      told.map((text) => JSON.parse(text) as unknown),
      [{ a: '}"]{' }, [1, [2], 3], { b: {} }],
    );
  });

  it('emits a text without brackets as it comes', () => {
    const { push, told } = rig({ by: 'json' });
    push('42', 'true');
    assert.deepEqual(told, ['42', 'true']);
  });

  it('finds the same texts however the chunks are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.object(), fc.array(fc.string())), { maxLength: 6 }),
        sizes,
        (values, at) => {
          const { push, told } = rig({ by: 'json' }, 1e9);
          push(...cut(Buffer.from(values.map((value) => JSON.stringify(value)).join('')), at));
          assert.deepEqual(
            told,
            values.map((value) => JSON.stringify(value)),
          );
        },
      ),
      { numRuns: 300, seed: 3 },
    );
  });
});

describe('joining by delimiter', () => {
  it('finds the same messages however the chunks are cut, also inside the delimiter', () => {
    const text = fc
      .array(fc.constantFrom('a', '-', '\r', 'é', '\n'), { maxLength: 12 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), sizes, (messages, at) => {
        const delimiter = '--\r';
        const input = messages.map((message) => message + delimiter).join('');
        const { push, told } = rig({ by: 'delimiter', delimiter: Buffer.from(delimiter) });
        push(...cut(Buffer.from(input), at));
        assert.deepEqual(told, input.split(delimiter).slice(0, -1));
      }),
      { numRuns: 500, seed: 5 },
    );
  });

  it('reports the incomplete message when the connection ends', () => {
    const { push, told, joiner } = rig({ by: 'delimiter', delimiter: Buffer.from('\n') });
    push('one\ntwo');
    joiner.end();
    assert.deepEqual(told, ['one', '! MESSAGE_INCOMPLETE']);
  });

  it('skips a message that is too large, up to its delimiter', () => {
    const { push, told } = rig({ by: 'delimiter', delimiter: Buffer.from('\n') }, 5);
    push('123', '456', '789\nok\n');
    assert.deepEqual(told, ['! MESSAGE_TOO_LARGE', 'ok']);
  });

  it('ends a message that is too large at its delimiter when the delimiter comes in two chunks', () => {
    const { push, told } = rig({ by: 'delimiter', delimiter: Buffer.from('\r\n') }, 5);
    push('1234567\r', '\none\r\n', 'two\r\n');
    assert.deepEqual(told, ['! MESSAGE_TOO_LARGE', 'one', 'two']);
  });

  it('does not count a partial delimiter towards the limit, unless the rest differs', () => {
    const { push, told } = rig({ by: 'delimiter', delimiter: Buffer.from('\r\n') }, 5);
    push('12345\r', '\n1234\r', '5\r\n', '12345\r', '6\r\nok\r\n');
    assert.deepEqual(told, ['12345', '! MESSAGE_TOO_LARGE', '! MESSAGE_TOO_LARGE', 'ok']);
  });

  it('refuses the same messages however the chunks are cut', () => {
    const text = fc
      .array(fc.constantFrom('a', '-', '\r'), { maxLength: 9 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), sizes, (messages, at) => {
        const delimiter = '--\r';
        const input = messages.map((message) => message + delimiter).join('');
        const { push, told } = rig({ by: 'delimiter', delimiter: Buffer.from(delimiter) }, 6);
        push(...cut(Buffer.from(input), at));
        const wanted = input.split(delimiter).slice(0, -1);
        assert.deepEqual(
          told,
          wanted.map((message) => (message.length > 6 ? '! MESSAGE_TOO_LARGE' : message)),
        );
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});

describe('joining by idle time', () => {
  it('ends a message after the idle time, and leaves no timer', async () => {
    const { push, told, clock, joiner } = rig({ by: 'idle', idleMs: 50 });
    push('a');
    await clock.advance(49);
    push('b');
    await clock.advance(49);
    assert.deepEqual(told, []);
    await clock.advance(1);
    assert.deepEqual(told, ['ab']);
    push('last');
    joiner.end();
    assert.deepEqual(told, ['ab', 'last']);
    assert.equal(clock.pending, 0);
  });

  it('drops, after data loss, a possible end of a message with a lost beginning', () => {
    const { push, told, joiner } = rig({ by: 'delimiter', delimiter: Buffer.from('|') });
    push('whole|begin');
    joiner.dataLost();
    push('ning|next|');
    assert.deepEqual(told, ['whole', 'next']);
  });

  it('drops the pending message after data loss', async () => {
    const { push, told, clock, joiner } = rig({ by: 'idle', idleMs: 50 });
    push('half');
    joiner.dataLost();
    await clock.advance(100);
    assert.deepEqual(told, []);
    assert.equal(clock.pending, 0);
  });
});

describe('planning sends', () => {
  const D = { opcode: 2, fin: true, maxSend: 100, fragments: true };
  const C = { ...D, fragments: false };
  const show = (...args: Parameters<typeof planSends>) =>
    planSends(...args).map(
      ({ start, end, opcode, fin }) => `${start}-${end} op ${opcode}${fin ? ' fin' : ''}`,
    );

  it('uses one frame when the message fits', () => {
    assert.deepEqual(show(100, D), ['0-100 op 2 fin']);
    assert.deepEqual(show(0, D), ['0-0 op 2 fin']);
    assert.deepEqual(show(100, C), ['0-100 op 2 fin']);
  });

  it('uses fragments and an empty final frame when it does not fit', () => {
    assert.deepEqual(show(250, D), [
      '0-100 op 2',
      '100-200 op 0',
      '200-250 op 0',
      '250-250 op 0 fin',
    ]);
    assert.deepEqual(show(250, { ...D, fin: false }), [
      '0-100 op 2',
      '100-200 op 0',
      '200-250 op 0',
    ]);
    assert.deepEqual(show(3, { ...D, opcode: 0 }), ['0-3 op 0', '3-3 op 0 fin']);
  });

  it('fails with the limit when the firmware supports neither', () => {
    assert.throws(() => planSends(101, C), { code: 'PAYLOAD_TOO_LONG', outcome: 'not-sent' });
    assert.throws(() => planSends(0, C), { code: 'EMPTY_NOT_SUPPORTED', outcome: 'not-sent' });
  });
});
