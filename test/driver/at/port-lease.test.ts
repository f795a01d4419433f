import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PortLease, type Pace, type Purpose, type WaitResult } from '../../../driver/at/port-lease';
import { TimedPort } from '../../../driver/at/timing/timed-port';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';

/** A lease of a port, and what it writes. @param rate bits a second; undefined: unknown */
function leased(pace: Pace = 'startRate', rate?: number, slowness = 1) {
  const clock = new VirtualClock();
  const written: string[] = [];
  const writer = {
    pendingBytes: 7,
    rate,
    slowness,
    write: (bytes: Uint8Array) => void written.push(Buffer.from(bytes).toString()),
  };
  const port = new TimedPort(writer, clock);
  const lease = new PortLease(port, pace);
  return { clock, written, lease, port };
}

/** The outcome of a wait, and when it came. */
function outcomeOf(clock: VirtualClock, wait: Promise<WaitResult>) {
  const outcome: { at?: number; result?: WaitResult } = {};
  void wait.then((result) => Object.assign(outcome, { at: clock.now(), result }));
  return outcome;
}

const isOk = (line: string) => line === 'OK';
const none = () => false;

describe('lease of the port', () => {
  const times: Readonly<Record<Purpose, readonly [number, number, number]>> = {
    afterLineEnd: [1200, 500, 250],
    afterQuery: [1200, 1200, 500],
    whileBusy: [1500, 1500, 1500],
    pause: [30, 30, 30],
    afterPadding: [150, 75, 75],
    whileBooting: [8000, 500, 500],
  };
  for (const [purpose, idle] of Object.entries(times) as [Purpose, readonly number[]][])
    for (const [index, pace] of (['startRate', 'negotiatedRate', 'search'] as const).entries())
      it(`ends a silent wait for ${purpose} at ${pace} after ${idle[index]} ms`, async () => {
        const { clock, lease } = leased(pace);
        const outcome = outcomeOf(clock, lease.next(purpose, none));
        await clock.advance((idle[index] ?? 0) - 1);
        assert.equal(outcome.result, undefined);
        await clock.advance(1);
        assert.deepEqual(outcome.result, { flooded: false });
        assert.equal(clock.pending, 0);
      });

  const floods = [
    ['afterLineEnd', 31_200],
    ['afterQuery', 31_200],
    ['whileBusy', 31_500],
    ['pause', 300],
    ['afterPadding', 3000],
    ['whileBooting', 38_000],
  ] as const;
  for (const [purpose, limit] of floods)
    it(`ends a wait for ${purpose} in a flood after ${limit} ms`, async () => {
      const { clock, lease, port } = leased();
      const outcome = outcomeOf(clock, lease.next(purpose, none));
      while (!outcome.result && clock.now() < 60_000) {
        await clock.advance(10);
        port.timer.heard(clock.now(), 10);
      }
      assert.deepEqual(outcome.result, { flooded: true });
      assert.ok(clock.now() >= limit && clock.now() <= limit + 20, `${clock.now()}`);
    });

  it('waits twice as long on a port that is twice as slow', async () => {
    for (const [busyMs, limit] of [
      [0, 60],
      [10, 600],
    ] as const) {
      const { clock, lease, port } = leased('search', undefined, 2);
      const outcome = outcomeOf(clock, lease.next('pause', none));
      while (!outcome.result && clock.now() < 60_000) {
        await clock.advance(10);
        port.timer.heard(clock.now(), busyMs);
      }
      assert.ok(clock.now() >= limit && clock.now() <= limit + 20, `${clock.now()}`);
    }
  });

  it('counts idle time from the last written byte on', async () => {
    const { clock, lease } = leased('startRate', 9600);
    lease.write(Buffer.alloc(96, 'x'));
    const outcome = outcomeOf(clock, lease.next('pause', none));
    await clock.advance(129);
    assert.equal(outcome.result, undefined);
    await clock.advance(2);
    assert.deepEqual(outcome.result, { flooded: false });
  });

  it('returns the accepted line; a URC reaches its handlers, a consumed line does not', async () => {
    const { clock, lease } = leased();
    const accept = (line: string) => (line === '+X' ? 'consumed' : line === 'OK');
    const outcome = outcomeOf(clock, lease.next('afterQuery', accept));
    assert.deepEqual(
      ['WIFI GOT IP', '+X', 'OK', 'OK'].map((line) => lease.take(line)),
      [false, true, true, false],
    );
    await clock.advance(0);
    assert.deepEqual(outcome.result, { line: 'OK' });
    assert.equal(clock.pending, 0);
  });

  it('finds a line that came between two waits, keeps those after it, and forgets all others', async () => {
    const { clock, lease } = leased();
    const find = async (...wanted: string[]) => {
      const outcome = outcomeOf(
        clock,
        lease.next('pause', (line) => wanted.includes(line)),
      );
      await clock.advance(30);
      return outcome.result;
    };
    const nothing = { flooded: false };
    const first = outcomeOf(
      clock,
      lease.next('pause', () => true),
    );
    await clock.advance(30);
    assert.deepEqual(first.result, nothing);
    for (const line of ['one', 'OK', 'two', 'three']) lease.take(line);
    assert.deepEqual(await find('OK'), { line: 'OK' });
    assert.deepEqual(await find('one', 'three'), { line: 'three' });
    lease.take('four');
    assert.deepEqual(await find('five'), nothing);
    assert.deepEqual(await find('four'), nothing);
    for (const line of ['six', 'seven']) lease.take(line);
    assert.deepEqual(await find('six'), { line: 'six' });
    assert.deepEqual(await find('seven'), { line: 'seven' });
  });

  it('stores 16 lines between two waits, and none from before a write', async () => {
    const { clock, lease } = leased();
    for (let index = 0; index < 17; index++) lease.take(`line ${index}`);
    assert.deepEqual(await lease.next('afterQuery', (line) => line === 'line 15'), {
      line: 'line 15',
    });
    for (let index = 0; index < 17; index++) lease.take(`line ${index}`);
    const last = outcomeOf(
      clock,
      lease.next('pause', (line) => line === 'line 16'),
    );
    await clock.advance(30);
    assert.deepEqual(last.result, { flooded: false });
    lease.take('OK');
    lease.write(Buffer.from('AT\r\n'));
    const stale = outcomeOf(clock, lease.next('pause', isOk));
    await clock.advance(30);
    assert.deepEqual(stale.result, { flooded: false });
  });

  it('notes final result codes, busy and prompts, and no other line', () => {
    const { lease } = leased();
    const lines = ['OK', 'ERROR', 'SEND OK', 'SEND FAIL', 'busy p...', '>', 'ready', '+X'];
    for (const line of lines) lease.take(line);
    assert.deepEqual([...lease.seen], lines.slice(0, 6));
  });

  it('rejects its wait when it is aborted, then writes nothing and rejects at once', async () => {
    const { clock, written, lease } = leased();
    const reason = { code: 'ABORTED' };
    lease.write(Buffer.from('a'));
    const wait = assert.rejects(lease.next('whileBooting', none), reason);
    lease.abort();
    await wait;
    lease.write(Buffer.from('b'));
    assert.deepEqual(written, ['a']);
    await assert.rejects(lease.next('whileBooting', none), reason);
    assert.equal(clock.pending, 0);
    assert.equal(lease.pendingBytes, 7);
  });
});
