import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IdleTimer } from '../../../driver/at/timing/idle-timer';
import { TimedPort } from '../../../driver/at/timing/timed-port';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { HostLoop } from '../../harness/host-loop';

/** An idle timer with a clock that the test sets. */
function idleTimer() {
  const clock = new VirtualClock();
  const timer = new IdleTimer(clock);
  const hear = async (at: number, duration: number) => {
    await clock.advance(at - clock.now());
    timer.heard(at, duration);
  };
  const idleAt = async (at: number) => {
    await clock.advance(at - clock.now());
    return timer.idle;
  };
  return { clock, timer, hear, idleAt };
}

describe('idle time', () => {
  it('passes while nothing is received', async () => {
    assert.equal(await idleTimer().idleAt(1500), 1500);
  });

  it('does not pass while a stream fills the port, however it is delivered', async () => {
    for (const [every, late] of [
      [4, 0],
      [20, 15],
      [400, 100],
    ] as const) {
      const { hear, idleAt } = idleTimer();
      // Every other delivery comes late; what a port carries while a fifth of it stays empty.
      for (let index = 1; index * every <= 10_000; index++)
        await hear(index * every + (index % 2) * late, every * 0.8);
      assert.ok((await idleAt(10_000 + late)) <= every + 2 * late, `${every}`);
    }
  });

  it('passes nearly all while little is received, however steadily', async () => {
    const { hear, idleAt } = idleTimer();
    // 25 bytes at 115200 bits per second, twenty times a second.
    for (let now = 50; now <= 10_000; now += 50) await hear(now, 2.2);
    assert.equal(Math.round(await idleAt(10_000)), 9450);
  });

  it('does not pass for any of several chunks delivered at once', async () => {
    const { hear, idleAt } = idleTimer();
    for (let now = 10; now <= 1000; now += 10) {
      await hear(now, 4);
      await hear(now, 4);
    }
    assert.ok((await idleAt(1000)) < 1e-6);
  });

  it('is not taken back by a burst, which cannot have been on the port before', async () => {
    const { hear, idleAt } = idleTimer();
    for (let now = 1000; now <= 10_000; now += 1000) {
      await hear(now, 10);
      // 36 KB at once, three seconds at 115200 bits per second.
      for (let piece = 0; piece < 9; piece++) await hear(now, 350);
    }
    assert.ok((await idleAt(10_000)) >= 7500);
  });

  it('passes at once after a burst that was delivered late', async () => {
    const { hear, idleAt } = idleTimer();
    await hear(1, 5000);
    assert.equal(await idleAt(1501), 1500);
  });

  it('does not pass before its starting point, which may lie ahead', async () => {
    const { timer, hear, idleAt } = idleTimer();
    timer.restart(1000);
    await hear(500, 10);
    assert.equal(await idleAt(900), 0);
    assert.equal(await idleAt(1300), 300);
  });

  it('is checked after the time watched for, from a starting point ahead, and once', async () => {
    const { clock, timer } = idleTimer();
    const checks: number[] = [];
    timer.restart(200);
    timer.watch(1000, () => checks.push(clock.now()));
    await clock.advance(5000);
    assert.deepEqual([checks, clock.pending], [[1200], 0]);
  });

  it('is checked at the earlier time when a shorter watch follows a longer one', async () => {
    const { clock, timer } = idleTimer();
    const checks: number[] = [];
    timer.watch(200, () => assert.fail('replaced'));
    timer.watch(100, () => checks.push(clock.now()));
    await clock.advance(5000);
    assert.deepEqual(checks, [100]);
  });

  it('is checked early rather than late when a longer watch follows a shorter one', async () => {
    const { clock, timer } = idleTimer();
    const checks: string[] = [];
    timer.watch(100, () => checks.push('first'));
    timer.watch(500, () => checks.push(`second at ${clock.now()}`));
    await clock.advance(5000);
    assert.deepEqual(checks, ['second at 100']);
    timer.watch(500, () => checks.push('third'));
    timer.stop();
    assert.equal(clock.pending, 0);
  });
});

describe('elapsed time', () => {
  /** An idle timer that watches, on a host whose event loop is blocked from 500 to 3500 ms. */
  async function blocked(duration: number) {
    const clock = new VirtualClock();
    const loop = new HostLoop(clock);
    const timer = new IdleTimer(loop);
    timer.watch(20_000, () => undefined);
    await clock.advance(500);
    loop.block(duration);
    await clock.advance(duration);
    return { clock, timer };
  }

  it('leaves out the time for which the event loop was blocked', async () => {
    const { clock, timer } = await blocked(3000);
    assert.equal(timer.elapsed, 500);
    await clock.advance(1000);
    assert.equal(timer.elapsed, 1500);
  });

  it('counts turns of the event loop that are a little late, unlike idle time', async () => {
    const { clock, timer } = await blocked(290);
    await clock.advance(1000);
    assert.equal(timer.elapsed, 1790);
    assert.ok(timer.idle < 1790);
  });

  it('counts a slice of idle time in full if its timer is at most 15 ms late, else leaves out how late it is', async () => {
    for (const [late, idle] of [
      [15, 750],
      [16, 734],
      [50, 700],
    ] as const) {
      const { timer } = await blocked(250 + late);
      assert.equal(timer.idle, idle, `${late}`);
    }
  });

  it('is checked 50 ms after a slice that ends more than 15 ms late, for input to come', async () => {
    for (const [late, checked] of [
      [15, 265],
      [16, 316],
    ] as const) {
      const clock = new VirtualClock();
      const loop = new HostLoop(clock);
      const checks: number[] = [];
      new IdleTimer(loop).watch(250, () => checks.push(clock.now()));
      loop.block(250 + late);
      await clock.advance(1000);
      assert.deepEqual(checks, [checked]);
    }
  });

  it('leaves out a block, and one that follows, from before the late timer runs until input has been read', () => {
    let now = 0;
    const calls: (() => void)[] = [];
    const add = (callback: () => void) => {
      calls.push(callback);
      return () => undefined;
    };
    const after = (_: number, callback: () => void) => add(callback);
    const timer = new IdleTimer({ now: () => now, after, afterInput: add });
    timer.watch(20_000, () => undefined);
    for (now of [250, 250, 5000, 9000]) {
      assert.equal(timer.elapsed, 250, `${now}`);
      calls.shift()?.();
      assert.equal(timer.elapsed, 250, `${now}`);
    }
    now = 9100;
    assert.equal(timer.elapsed, 350);
    timer.restart(now);
    assert.equal(timer.elapsed, 0);
  });

  it('is the idle time less that of the bytes, for bytes read between a late slice and the next', async () => {
    const clock = new VirtualClock();
    const loop = new HostLoop(clock);
    const timer = new IdleTimer(loop);
    timer.watch(20_000, () => undefined);
    await clock.advance(500);
    loop.block(3000);
    const read: number[] = [];
    loop.input(() => {
      timer.heard(clock.now(), 8);
      read.push(timer.elapsed, timer.idle);
    });
    await clock.advance(3000);
    assert.deepEqual(read, [500, 490]);
  });
});

describe('the time for which bytes occupy the port', () => {
  /** A port at 115200 bits a second, and the times of chunks that come every 50 ms. */
  function timedPort() {
    const clock = new VirtualClock();
    const writer = { write: () => undefined, pendingBytes: 0, rate: 115_200 as number | undefined };
    const port = new TimedPort(writer, clock);
    const times = async (...chunks: readonly number[]) => {
      const result: number[] = [];
      for (const bytes of chunks) {
        result.push(port.receptionMs(bytes));
        await clock.advance(50);
      }
      return result;
    };
    return { clock, writer, port, times };
  }

  it('is that of 10 bits a byte', async () => {
    const { writer, times } = timedPort();
    assert.deepEqual(await times(1152), [100]);
    writer.rate = 9600;
    assert.deepEqual(await times(96), [100]);
    writer.rate = undefined;
    assert.deepEqual(await times(1152), [100]);
  });

  it('is halved once bytes are more than 500 ms ahead of the rate, until another rate is set', async () => {
    const { clock, writer, port, times } = timedPort();
    await times(1);
    await clock.advance(250);
    assert.equal(port.receptionMs(9216), 800, '500 ms ahead');
    assert.equal(port.receptionMs(1152), 100);
    assert.equal(port.receptionMs(1152), 50);
    assert.equal(port.receptionMs(5760), 250, 'it has counted anew');
    writer.rate = 57_600;
    assert.equal(port.receptionMs(1152), 200);
    assert.equal(port.receptionMs(1152), 200);
    assert.equal(port.receptionMs(1152), 200);
  });

  it('is not halved by the backlog of a block, which the host reads within 250 ms', async () => {
    const { clock, times } = timedPort();
    await times(1);
    await clock.advance(2950);
    assert.deepEqual(await times(...Array<number>(6).fill(5760)), Array<number>(6).fill(500));
    // Bytes that come later are ahead of the rate: by 450 ms, then by 550 ms.
    assert.deepEqual(await times(5760, 1728, 1152), [500, 150, 50]);
  });

  it('is halved where bytes come after pauses of 60 ms: those are no backlog', async () => {
    const { clock, port, times } = timedPort();
    await times(1);
    await clock.advance(2950);
    for (const duration of [500, 500, 500, 250]) {
      assert.equal(port.receptionMs(5760), duration);
      await clock.advance(60);
    }
  });
});

describe('the timer of a port', () => {
  it('counts from the last byte of a request on, at once where the rate is unknown', async () => {
    for (const [rate, idle] of [
      [9600, 20],
      [undefined, 120],
    ] as const) {
      const clock = new VirtualClock();
      const port = new TimedPort({ write: () => undefined, pendingBytes: 0, rate }, clock);
      port.request(Buffer.alloc(96));
      await clock.advance(120);
      assert.equal(port.timer.idle, idle);
      port.restartTimer();
      await clock.advance(5);
      assert.equal(port.timer.idle, 5);
    }
  });

  it('runs three times as slowly on a port that is three times as slow', async () => {
    const clock = new VirtualClock();
    const writer = { write: () => undefined, pendingBytes: 0, rate: undefined, slowness: 3 };
    const port = new TimedPort(writer, clock);
    port.request(Buffer.alloc(1));
    let checked = 0;
    port.timer.watch(100, () => (checked = clock.now()));
    await clock.advance(300);
    assert.deepEqual([port.timer.idle, port.timer.elapsed, checked], [100, 100, 300]);
  });
});
