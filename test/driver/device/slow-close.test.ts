import assert from 'node:assert/strict';
import { it } from 'node:test';
import { examine, type PortHandlers, type PortOpener } from '../../../driver';
import { Device } from '../../../driver/device/device';
import { EspAtError } from '../../../driver/errors';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';

let ports = 0;

/** A port without a lock that takes `closeMs` to close, and a device on it that is initializing. */
async function slowPort(closeMs: number) {
  const clock = new VirtualClock();
  // Of its own: a close that does not end keeps its address in use.
  const address = `slow ${ports++}`;
  const handlers: PortHandlers[] = [];
  /** Milliseconds at which it opened. */
  const opened: number[] = [];
  const port = { open: 0 };
  const opener = (): PortOpener => ({
    address,
    open: async (given) => {
      assert.equal(++port.open, 1, 'the port is open twice');
      handlers.push(given);
      opened.push(clock.now());
      let closed: Promise<void> | undefined;
      const close = () =>
        new Promise<void>((resolve) => {
          if (closeMs === Infinity) return;
          clock.after(closeMs, () => {
            port.open--;
            resolve();
          });
        });
      return { pendingBytes: 0, write: () => undefined, close: () => (closed ??= close()) };
    },
  });
  const deviceOn = () => new Device({ port: opener(), clock, random: () => 0 });
  const device = deviceOn();
  device.start();
  await clock.advance(100);
  assert.equal(device.state.name, 'initializing');
  const lose = async () => {
    handlers.at(-1)?.lost(new EspAtError('PORT_LOST', { port: address }));
    await clock.advance(0);
    assert.deepEqual([device.state.name, device.state.error?.code], ['absent', 'PORT_LOST']);
    await assert.rejects(device.restart(), { code: 'PORT_LOST' });
    return clock.now();
  };
  return { clock, device, deviceOn, opener, opened, port, lose };
}

for (const [closeMs, openMs] of [
  [800, 1300],
  [3000, 3000],
] as const)
  it(`a lost port that takes ${closeMs} ms to close is absent at once, and opens again after ${openMs} ms`, async () => {
    const { clock, device, opened, lose } = await slowPort(closeMs);
    const lostAt = await lose();
    await clock.advance(10_000);
    assert.deepEqual(opened.slice(1), [lostAt + openMs]);
    const before = clock.now();
    await clock.wait(device.stop());
    assert.equal(clock.now() - before, Math.min(closeMs, 1000));
    await clock.advance(closeMs);
    assert.equal(clock.pending, 0);
  });

it('a lost port that never closes does not open again, and does not delay stop()', async () => {
  const { clock, device, opened, lose } = await slowPort(Infinity);
  await lose();
  await clock.advance(60_000);
  assert.deepEqual([opened.length, device.state.error?.code], [1, 'PORT_LOST']);
  const before = clock.now();
  await clock.wait(device.stop());
  assert.deepEqual([clock.now() - before, device.state.name, clock.pending], [0, 'stopped', 0]);
});

it('stop() resolves after 1 s of a close of 3 s, and the next device opens the port after 3 s', async () => {
  const { clock, device, deviceOn, opened, port } = await slowPort(3000);
  const stoppedAt = clock.now();
  await clock.wait(device.stop());
  assert.deepEqual([clock.now() - stoppedAt, port.open], [1000, 1]);
  const next = deviceOn();
  next.start();
  await clock.advance(10_000);
  assert.deepEqual(opened.slice(1), [stoppedAt + 3000]);
  await clock.wait(next.stop());
});

it('a device that disconnects and starts again opens its port after a close of 3 s, and another port at once', async () => {
  const { clock, device, opened } = await slowPort(3000);
  const closedAt = clock.now();
  await clock.wait(device.disconnect());
  let others = 0;
  const refuse = () => {
    others++;
    return Promise.reject(new EspAtError('PORT_NOT_FOUND', { port: 'other' }));
  };
  const other = new Device({ port: { address: 'other', open: refuse }, clock });
  other.start();
  device.start();
  await clock.advance(0);
  assert.deepEqual([others, opened.length], [1, 1]);
  await clock.advance(10_000);
  assert.deepEqual(opened.slice(1), [closedAt + 3000]);
  await clock.wait(Promise.all([device.stop(), other.stop()]));
});

it('an examination after disconnect() opens the port after a close of 3 s, and a device after the close of the examination', async () => {
  const { clock, device, opener, opened, port } = await slowPort(3000);
  const closedAt = clock.now();
  await clock.wait(device.disconnect());
  const report = await clock.wait(examine(opener(), { clock }));
  assert.deepEqual(opened.slice(1), [closedAt + 3000]);
  assert.deepEqual(
    report.findings.map((each) => each.code),
    ['NO_ANSWER_BRIDGE'],
  );
  assert.equal(port.open, 1);
  const examinedAt = clock.now();
  device.start();
  await clock.advance(5000);
  assert.deepEqual(opened.slice(2), [examinedAt + 2000]);
  await clock.wait(device.stop());
});

it('an examination that waits for a close ends with its abort, and does not open the port', async () => {
  const { clock, device, opener, opened } = await slowPort(3000);
  await clock.wait(device.disconnect());
  const controller = new AbortController();
  const report = examine(opener(), { clock, signal: controller.signal });
  const reason = new Error('enough');
  controller.abort(reason);
  await assert.rejects(report, reason);
  await clock.advance(10_000);
  assert.equal(opened.length, 1);
});
