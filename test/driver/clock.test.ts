import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { onTimeout, systemClock } from '../../driver/clock';
import { VirtualClock } from '../../simulator/replay/virtual-clock';
import { HostLoop } from '../harness/host-loop';
import { ExhaustiveHarness } from '../verification/exhaustive/exhaustive-harness';

it('systemClock.after() with a delay above the timer limit of Node.js: fires at the limit, not at once', (test) => {
  const delays: unknown[] = [];
  test.mock.method(globalThis, 'setTimeout', (_: () => void, delay: unknown) => delays.push(delay));
  for (const delay of [1000, 3_000_000_000, Infinity]) systemClock.after(delay, () => undefined);
  assert.deepEqual(delays, [1000, 2 ** 31 - 1, 2 ** 31 - 1]);
});

describe('a timeout that falls into a block of the event loop', () => {
  /** Starts a timeout of 100 ms, and blocks the loop from 50 to 350 ms. */
  async function blocked() {
    const clock = new VirtualClock();
    const loop = new HostLoop(clock);
    const fired: number[] = [];
    const cancel = onTimeout(loop, 100, () => fired.push(clock.now()));
    await clock.advance(50);
    loop.block(300);
    await clock.advance(300);
    return { clock, loop, fired, cancel };
  }

  it('waits for 250 ms of a loop that runs, in which input of a thread pool is read', async () => {
    const { clock, fired } = await blocked();
    await clock.advance(249);
    assert.deepEqual(fired, []);
    await clock.advance(1);
    assert.deepEqual(fired, [600]);
  });

  it('waits as long where the block has begun before its last 50 ms', async () => {
    const clock = new VirtualClock();
    const loop = new HostLoop(clock);
    const fired: number[] = [];
    onTimeout(loop, 100, () => fired.push(clock.now()));
    await clock.advance(40);
    loop.block(300);
    await clock.advance(1000);
    assert.deepEqual(fired, [590]);
  });

  it('does not fire once it is cancelled', async () => {
    const { clock, loop, fired, cancel } = await blocked();
    cancel();
    await clock.advance(1000);
    assert.deepEqual([fired, loop.pending], [[], 0]);
  });

  it('fires in the end though the loop is blocked again and again', async () => {
    const { clock, loop, fired } = await blocked();
    for (let time = 0; time < 20; time++) {
      loop.block(400);
      await clock.advance(410);
    }
    assert.equal(fired.length, 1);
  });

  it('waits for input of a block that ended just before it', async () => {
    const clock = new VirtualClock();
    const loop = new HostLoop(clock);
    const events: string[] = [];
    onTimeout(loop, 1000, () => events.push('timeout'));
    loop.block(990, 30);
    await clock.advance(500);
    loop.input(() => events.push('input'));
    await clock.advance(1000);
    assert.deepEqual(events, ['input', 'timeout']);
  });

  for (const inputLateMs of [0, 2]) {
    const late = inputLateMs === 0 ? 'at once' : 'some turns later';
    it(`does not cut a message framed by idle time whose rest is read ${late}`, async () => {
      const harness = new ExhaustiveHarness({ firmware: 'C' });
      await harness.ready();
      await harness.open(0, { framing: { by: 'idle', idleMs: 100 } });
      const connection = harness.connection(0);
      connection?.send({ fin: false, opcode: 1, payload: Buffer.from('one ') });
      await harness.advance(50);
      harness.host.block(300, inputLateMs);
      await harness.advance(20);
      connection?.send({ fin: true, opcode: 0, payload: Buffer.from('two') });
      await harness.advance(2000);
      assert.deepEqual(
        harness.messages.map(({ bytes }) => bytes.toString()),
        ['one two'],
      );
    });

    it(`does not lose a reply that came in time and is read ${late}`, async () => {
      const harness = new ExhaustiveHarness({ firmware: 'D' });
      await harness.ready();
      await harness.open(0);
      const match = { by: 'property', request: 'id' } as const;
      const reply = harness.device.links[0].request({ id: 1 }, { match, replyTimeoutMs: 5000 });
      await harness.advance(100);
      harness.host.block(8000, inputLateMs);
      await harness.advance(1000);
      const payload = Buffer.from('{"id":1,"ok":true}');
      harness.connection(0)?.send({ fin: true, opcode: 1, payload });
      const { message } = await harness.clock.wait(reply);
      assert.deepEqual(message.bytes, payload);
    });
  }
});
