import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { Deferred } from '../../../driver/deferred';
import { closePort, openPort } from '../../../driver/port/exclusive';
import type { Port, PortHandlers, PortOpener } from '../../../driver/port/port';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { temporaryFolder } from '../../harness/temporary-folder';

const handlers: PortHandlers = { data: () => undefined, lost: () => undefined };

/** A port that closes when `closed` resolves, and counts its openings. */
class SlowPort implements PortOpener {
  readonly address: string;
  readonly closed = new Deferred<void>();
  opens = 0;

  constructor(address: string) {
    this.address = address;
  }

  open(): Promise<Port> {
    this.opens++;
    const close = () => this.closed.promise;
    return Promise.resolve({ write: () => undefined, pendingBytes: 0, close });
  }
}

function opening(opener: PortOpener, clock: VirtualClock): Promise<Port> {
  const { signal } = new AbortController();
  return openPort(opener, handlers, { flowControl: false }, clock, { signal });
}

it(
  'a port opens after its close, whichever of its names the close had',
  { skip: process.platform === 'win32' },
  async (t) => {
    const clock = new VirtualClock();
    const folder = temporaryFolder(t);
    const [device, link] = [join(folder, 'ttyUSB0'), join(folder, 'by-id')];
    writeFileSync(device, '');
    symlinkSync(device, link);
    for (const [before, after] of [
      [link, device],
      [device, link],
      [link, link],
    ] as const) {
      const closing = new SlowPort(before);
      const next = new SlowPort(after);
      const other = new SlowPort(join(folder, 'ttyUSB1'));
      const end = closePort(await opening(closing, clock), closing, clock);
      const opened = opening(next, clock);
      await opening(other, clock);
      await clock.advance(2000);
      await end;
      assert.deepEqual([next.opens, other.opens], [0, 1], `${before}, then ${after}`);
      closing.closed.resolve();
      await opened;
      assert.equal(next.opens, 1);
      next.closed.resolve();
      await closePort(await opened, next, clock);
    }
    assert.equal(clock.pending, 0);
  },
);

it('a close at another name of the port settles after the close before it', async () => {
  const clock = new VirtualClock();
  const [first, second] = [new SlowPort('COM3'), new SlowPort('\\\\.\\com3')];
  const ports = await Promise.all([opening(first, clock), opening(second, clock)]);
  const ended: string[] = [];
  void closePort(ports[0], first, clock).then(() => ended.push('first'));
  void closePort(ports[1], second, clock).then(() => ended.push('second'));
  second.closed.resolve();
  await clock.advance(500);
  assert.deepEqual(ended, []);
  first.closed.resolve();
  await clock.advance(0);
  assert.deepEqual(ended, ['first', 'second']);
});
