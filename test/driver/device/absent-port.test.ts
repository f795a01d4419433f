import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Device } from '../../../driver/device/device';
import { EspAtError } from '../../../driver/errors';
import type { Port } from '../../../driver/port/port';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { keptOf } from '../../harness/garbage';

it('a port that is absent leaves at most 4 errors in memory after 10 minutes of failed attempts, and no timer after stop()', async () => {
  const clock = new VirtualClock();
  const attempts: WeakRef<Error>[] = [];
  const open = async (): Promise<Port> => {
    const error = new EspAtError('PORT_NOT_FOUND', { port: 'gone' });
    attempts.push(new WeakRef(error));
    throw error;
  };
  const device = new Device({ port: { address: 'gone', open }, clock });
  device.start();
  await clock.advance(600_000);
  assert.ok(attempts.length > 500, `${attempts.length} attempts`);
  const kept = keptOf(attempts);
  // The first error was emitted; the last one is kept while the driver waits.
  assert.ok(kept <= 4, `${kept} of ${attempts.length} are kept`);
  await clock.wait(device.stop());
  assert.equal(clock.pending, 0);
});

it('an absent port after another is named by the error in the state, and no statechange is emitted', async () => {
  const clock = new VirtualClock();
  const at = (port: string) => ({
    address: port,
    open: () => Promise.reject<Port>(new EspAtError('PORT_NOT_FOUND', { port })),
  });
  const device = new Device({ port: at('one'), clock });
  const ports: unknown[] = [];
  device.on('statechange', ({ error }) => error && ports.push(error.details.port));
  device.start();
  await clock.advance(10_000);
  device.usePort(at('other'));
  await clock.advance(60_000);
  assert.equal(device.state.error?.details.port, 'other');
  assert.deepEqual(ports, ['one']);
  await clock.wait(device.stop());
});

it('a port that opens slowly does not delay stop(), and is closed once it opens', async () => {
  const clock = new VirtualClock();
  let closed = 0;
  const open = () =>
    new Promise<Port>((resolve) => {
      const port: Port = {
        pendingBytes: 0,
        write: () => assert.fail('a write to a port that is no longer needed'),
        close: async () => {
          closed++;
        },
      };
      clock.after(5000, () => resolve(port));
    });
  const device = new Device({ port: { address: 'slow', open }, clock });
  device.start();
  await clock.advance(1000);
  const before = clock.now();
  await clock.wait(device.stop());
  assert.equal(clock.now(), before);
  await clock.advance(10_000);
  assert.equal(closed, 1);
  assert.equal(device.state.name, 'stopped');
});
