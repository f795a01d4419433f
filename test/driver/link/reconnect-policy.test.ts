import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReconnectPolicy } from '../../../driver/link/reconnect-policy';

const SECOND_MS = 1000;

/** Without jitter. */
const policy = (): ReconnectPolicy => new ReconnectPolicy(() => 0);

/** The delays after attempts that failed at once. */
function delays(of: ReconnectPolicy, count: number, now = 0): number[] {
  return Array.from({ length: count }, () => {
    of.attemptStarted(now);
    of.ended(now);
    return of.nextDelay();
  });
}

/** A connection of this duration, from 0 on. */
function connection(of: ReconnectPolicy, ms: number): void {
  of.opened(0);
  of.ended(ms);
}

describe('delays of keep-open', () => {
  it('double from 1 s up to 60 s, less up to a quarter by chance', () => {
    const seconds = [1, 2, 4, 8, 16, 32, 60, 60];
    assert.deepEqual(
      delays(policy(), 8),
      seconds.map((each) => each * SECOND_MS),
    );
    assert.equal(new ReconnectPolicy(() => 1).nextDelay(), 750);
  });

  it('start afresh after a connection of more than 10 s, and go on after a shorter one', () => {
    for (const [ms, next] of [
      [10_000, 8000],
      [10_001, 1000],
    ] as const) {
      const of = policy();
      delays(of, 3);
      connection(of, ms);
      assert.deepEqual(delays(of, 1), [next], `${ms} ms`);
    }
  });

  it('start afresh when the network is back', () => {
    const of = policy();
    delays(of, 3);
    of.networkBack();
    assert.deepEqual(delays(of, 1), [1000]);
  });

  it('grow to 12 times the duration of an attempt, at most to 300 s', () => {
    for (const [ms, limit] of [
      [15_000, 180_000],
      [60_000, 300_000],
    ] as const) {
      const of = policy();
      delays(of, 20);
      of.attemptStarted(0);
      of.ended(ms);
      assert.equal(of.nextDelay(), limit);
      // An attempt that fails before its first command takes no time.
      of.ended(ms + 3_600_000);
      assert.equal(of.nextDelay(), 60_000);
    }
  });
});

describe('a crash loop', () => {
  /** Opens the link so many times; the device restarts `afterMs` later each time. */
  function crash(of: ReconnectPolicy, times: number, afterMs = 500): void {
    for (let time = 0; time < times; time++) {
      of.attemptStarted(0);
      of.opened(0);
      of.deviceLost(afterMs);
      of.ended(afterMs);
    }
  }

  it('is a sixth restart within 1 s of an open, and slows the attempts down to one in 300 s', () => {
    const of = policy();
    crash(of, 5);
    assert.equal(of.crashLoop, false);
    crash(of, 1);
    assert.equal(of.crashLoop, true);
    assert.equal(delays(of, 20).at(-1), 300_000);
  });

  it('does not begin with restarts 1 s after an open, and ends with such a restart', () => {
    const of = policy();
    crash(of, 20, 1000);
    assert.equal(of.crashLoop, false);
    crash(of, 6);
    crash(of, 1, 1000);
    assert.equal(of.crashLoop, false);
  });

  it('ends with a connection of more than 10 s', () => {
    const of = policy();
    crash(of, 6);
    connection(of, 10_001);
    assert.equal(of.crashLoop, false);
  });

  it('counts one restart for an attempt, not the restarts after it', () => {
    const of = policy();
    of.attemptStarted(0);
    for (let time = 0; time < 6; time++) of.deviceLost(5000);
    crash(of, 5);
    assert.equal(of.crashLoop, false);
  });

  it('does not count a restart after an attempt that has failed', () => {
    const of = policy();
    crash(of, 5);
    of.attemptStarted(0);
    of.ended(100);
    of.deviceLost(5000);
    assert.equal(of.crashLoop, false);
    crash(of, 5);
    assert.equal(of.crashLoop, false);
  });

  it('counts a restart during an attempt', () => {
    const of = policy();
    for (let time = 0; time < 6; time++) {
      of.attemptStarted(0);
      of.deviceLost(5000);
    }
    assert.equal(of.crashLoop, true);
  });
});
