import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { delay } from '../../../../driver/clock';
import { EspAtError } from '../../../../driver/errors';
import { createReceiver } from '../../../../driver/link/receive/create-receiver';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import type { Framing } from '../../../../driver/link/receive/options';

interface RigOptions {
  readonly framing?: Framing;
  /** What a ping does; it succeeds at once by default. */
  readonly ping?: (clock: VirtualClock, onStart: () => void) => Promise<unknown>;
  readonly onMessage?: (text: string) => void;
}

/** The receiver of a connection that may lose its framing: messages, pings with their time, and errors in order. */
function rig({ framing, ping = () => Promise.resolve(), onMessage }: RigOptions = {}) {
  const told: string[] = [];
  const clock = new VirtualClock();
  const tellError = ({ code, details }: EspAtError) => told.push(`! ${code} ${details.link}`);
  const receiver = createReceiver(
    {
      link: 1,
      clock,
      capabilities: { fragments: false, losesFraming: true },
      ping: (onStart) => {
        told.push(`ping ${clock.now()}`);
        return ping(clock, onStart);
      },
    },
    framing ? { framing } : {},
    {
      message: (_, bytes) => {
        const text = bytes.toString('latin1');
        told.push(`"${text}"`);
        onMessage?.(text);
      },
      failed: tellError,
      unrecoverable: tellError,
    },
  );
  const push = (...pieces: (string | Buffer)[]) => {
    for (const piece of pieces) receiver.push({ kind: 'data', link: 1, bytes: Buffer.from(piece) });
  };
  return { told, clock, receiver, push };
}

describe('an empty chunk of firmware that may lose the framing', () => {
  it('is held with all that follows until pings after 300 ms and 700 ms have succeeded', async () => {
    const { told, clock, receiver, push } = rig();
    push('one', '', 'two');
    assert.deepEqual(told.splice(0), ['"one"']);
    assert.equal(receiver.isEmpty, false);
    await clock.advance(999);
    assert.deepEqual(told.splice(0), ['ping 300']);
    await clock.advance(1);
    assert.deepEqual(told.splice(0), ['ping 1000', '""', '"two"']);
    assert.equal(receiver.isEmpty, true);
    push('three');
    assert.deepEqual(told, ['"three"']);
    assert.equal(clock.pending, 0);
  });

  it('is pinged for again when it comes after the last ping has gone out', async () => {
    const slow = {
      ping: (clock: VirtualClock) => new Promise<void>((end) => clock.after(50, end)),
    };
    const { told, clock, push } = rig(slow);
    push('');
    await clock.advance(1075);
    push('', 'text');
    assert.deepEqual(told.splice(0), ['ping 300', 'ping 1050']);
    await clock.advance(2000);
    assert.deepEqual(told, ['""', 'ping 1400', 'ping 2150', '""', '"text"']);
  });

  it('and data behind it are held for two rounds of pings at most, though further ones come during each ping', async () => {
    const slow = {
      ping: (clock: VirtualClock) => new Promise<void>((end) => clock.after(800, end)),
    };
    const { told, clock, push } = rig(slow);
    let heldMs = 0;
    for (let count = 0; count < 200; count++) {
      push('', String(count));
      await clock.advance(250);
      const latest = told.findLast((each) => /\d"/.test(each)) ?? '"-1"';
      heldMs = Math.max(heldMs, (count - Number(latest.slice(1, -1))) * 250);
    }
    assert.ok(heldMs <= 5200, String(heldMs));
    await clock.advance(10_000);
    const delivered = told.filter((each) => /\d"/.test(each));
    assert.deepEqual(
      delivered,
      Array.from({ length: 200 }, (_, index) => `"${index}"`),
    );
    assert.equal(clock.pending, 0);
  });

  it('means a lost framing where a ping fails: nothing is delivered, and no ping follows', async () => {
    const { told, clock, receiver, push } = rig({ ping: () => Promise.reject(new Error('ERROR')) });
    push('', 'two');
    await clock.advance(300);
    assert.deepEqual(told, ['ping 300', '! FRAMING_LOST 1']);
    push('three', '');
    assert.equal(receiver.isEmpty, false);
    await clock.advance(5000);
    assert.deepEqual(told, ['ping 300', '! FRAMING_LOST 1']);
    assert.equal(clock.pending, 0);
  });

  for (const [title, queuedMs, ms, waitedMs, ...expected] of [
    ['proves the framing at once', 0, 5, 5, 'ping 300', 'ping 1005', '""', '"two"'],
    [
      'proves the framing after 4 s in the queue',
      4000,
      5,
      5,
      'ping 300',
      'ping 5005',
      '""',
      '"two"',
    ],
    ['means a lost framing at its timeout', 0, 300, 300, 'ping 300', '! FRAMING_LOST 1'],
    ['means a lost framing at its timeout in a flood', 0, 300, 40, 'ping 300', '! FRAMING_LOST 1'],
  ] as const)
    it(`is pinged for, and a refusal ${title}`, async () => {
      const refusal = new EspAtError('COMMAND_FAILED', { command: 'x', reason: '', waitedMs });
      const { told, clock, push } = rig({
        ping: async (_, onStart) => {
          await delay(clock, queuedMs);
          onStart();
          await delay(clock, ms);
          throw refusal;
        },
      });
      push('', 'two');
      await clock.advance(1010 + 2 * queuedMs);
      assert.deepEqual(told, expected);
      assert.equal(clock.pending, 0);
    });

  it('is pinged for again where the result code of a ping is lost on the port', async () => {
    const lost = [true, false, true];
    const { told, clock, push } = rig({
      ping: () =>
        lost.shift() === true
          ? Promise.reject(new EspAtError('OUT_OF_SYNC', { command: 'x' }))
          : Promise.resolve(),
    });
    push('', 'two');
    await clock.advance(5000);
    assert.deepEqual(told, ['ping 300', 'ping 600', 'ping 1300', 'ping 2000', '""', '"two"']);
    assert.equal(clock.pending, 0);
  });

  const headers: readonly [string, number[], boolean][] = [
    ['a continuation', [0x80, 0], true],
    ['a text', [0x81, 2, 0x61, 0x62], true],
    ['a binary with 125 bytes', [0x82, 125, ...new Array<number>(125).fill(1)], true],
    ['a ping', [0x89, 0], true],
    ['a pong', [0x8a, 0], true],
    ['a text and more', [0x81, 1, 0x61, 0x62], true],
    ['a text that is not whole', [0x81, 3, 0x61, 0x62], false],
    ['a text with a long length', [0x81, 126, ...new Array<number>(130).fill(1)], false],
    ['a fragment', [0x01, 1, 0x61], false],
    ['its first byte only', [0x80], false],
    ['no header', [0x61, 1, 0x61], false],
  ];
  for (const [what, bytes, isHeader] of headers)
    it(`before ${what} means ${isHeader ? 'a lost framing, without a ping' : 'nothing yet'}`, async () => {
      const { told, clock, push } = rig();
      push('', Buffer.from(bytes));
      assert.deepEqual(told.splice(0), isHeader ? ['! FRAMING_LOST 1'] : []);
      await clock.advance(1000);
      const proven = ['ping 300', 'ping 1000', '""', `"${Buffer.from(bytes).toString('latin1')}"`];
      assert.deepEqual(told, isHeader ? [] : proven);
    });

  it('is followed by the data loss behind it, in the order of the messages', async () => {
    const { told, clock, receiver, push } = rig();
    push('', 'before');
    receiver.dataLost();
    push('after');
    await clock.advance(1000);
    const delivered = ['""', '"before"', '! DATA_LOST 1', '"after"'];
    assert.deepEqual(told, ['ping 300', 'ping 1000', ...delivered]);
  });

  it('is followed by nothing once a message behind it has ended the connection', async () => {
    const { told, clock, receiver, push } = rig({
      onMessage: (text) => {
        if (text === 'last') receiver.end();
      },
    });
    push('', 'last', 'later');
    receiver.dataLost();
    await clock.advance(1000);
    assert.deepEqual(told, ['ping 300', 'ping 1000', '""', '"last"']);
    assert.equal(clock.pending, 0);
  });

  it('is told as lost when the connection ends during the last ping', async () => {
    for (const settles of ['fulfilled', 'rejected']) {
      const { told, clock, receiver, push } = rig({
        ping: (clock) =>
          new Promise<void>((resolve, reject) =>
            clock.after(50, () => (settles === 'rejected' ? reject(new Error('x')) : resolve())),
          ),
      });
      push('');
      await clock.advance(settles === 'rejected' ? 325 : 1075);
      receiver.end();
      await clock.advance(1000);
      assert.deepEqual(
        told.filter((each) => !each.startsWith('ping')),
        ['! DATA_LOST 1'],
        settles,
      );
    }
  });
});

describe('data of firmware that may lose the framing', () => {
  const framing = { by: 'delimiter', delimiter: Buffer.from('|') } as const;

  it('without an empty chunk is joined, lost and ended as that of other firmware', () => {
    const { told, receiver, push } = rig({ framing });
    push('one|tw');
    assert.equal(receiver.isEmpty, false);
    receiver.dataLost();
    push('o|three|four');
    receiver.end();
    assert.deepEqual(told, ['"one"', '"three"', '! MESSAGE_INCOMPLETE 1']);
  });

  for (const framing of [
    { by: 'delimiter', delimiter: Buffer.from('|') },
    { by: 'json' },
    { by: 'idle', idleMs: 60_000 },
  ] as const) {
    /** An empty chunk so long after the beginning of a message, whose pings take 5 s each. */
    const received = async (afterMs: number) => {
      const { told, clock, receiver, push } = rig({
        framing,
        ping: (clock) => new Promise<void>((end) => clock.after(5000, end)),
      });
      push('{"a":');
      await clock.advance(afterMs);
      push('', framing.by === 'delimiter' ? '1}|' : '1}');
      await clock.advance(11_000);
      receiver.end();
      return told.filter((each) => !each.startsWith('ping'));
    };

    it(`framing ${framing.by}: an empty message, proven by slow pings, stalls nothing`, async () => {
      assert.deepEqual(await received(100), ['"{"a":1}"']);
    });

    it(`framing ${framing.by}: an empty chunk 10 s after the beginning of a frame shows a stall`, async () => {
      assert.equal((await received(10_000))[0], '! FRAME_STALLED 1');
    });
  }
});
