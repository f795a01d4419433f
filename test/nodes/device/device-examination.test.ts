import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NodeMessageInFlow } from 'node-red';
import { Deferred } from '../../../driver/deferred';
import { EspAtError } from '../../../driver/errors';
import type { PortOpener } from '../../../driver/port/port';
import { runAction } from '../../../nodes/shared/device/device-actions';
import { Hosts, RecordingUser } from '../../harness/nodes/device-hosts';
import { FakeDevice } from '../../harness/nodes/fake-device';
import { turns } from '../../harness/nodes/turns';

/** A device under examination, whose port opens when the test says so. */
async function underExamination() {
  const hosts = new Hosts();
  const device = new FakeDevice();
  const host = hosts.host('a', () => device);
  new RecordingUser(host);
  const opening = new Deferred<never>();
  let opens = 0;
  const open: PortOpener['open'] = () => {
    opens++;
    return opening.promise;
  };
  const dialog: PortOpener = { address: 'p', open };
  const report = host.examine(dialog, new AbortController());
  await turns();
  const endExamination = () => opening.reject(new EspAtError('PORT_FAILED'));
  return { clock: hosts.clock, device, host, dialog, report, opens: () => opens, endExamination };
}

const message = (action: string, port = ''): NodeMessageInFlow =>
  Object.assign({ _msgid: '1' }, { action, port });

describe('an action during an examination', () => {
  /** An action; the state in which the device stays, and its starts, disconnects and restarts. */
  for (const [action, ...done] of [
    ['disconnect', 'disconnected', 2, 2, 0],
    ['connect', 'ready', 3, 1, 0],
    ['restart', 'ready', 2, 1, 1],
  ] as const)
    it(`${action}: runs after the examination, and sets the state in which the device stays`, async () => {
      const { device, host, report, endExamination } = await underExamination();
      const result = runAction(host, message(action));
      await turns();
      assert.deepEqual([device.starts, device.disconnects, device.restarts], [1, 1, 0]);
      endExamination();
      assert.equal((await report).ok, false);
      assert.equal((await result).action, action);
      const { state, starts, disconnects, restarts } = device;
      assert.deepEqual([state.name, starts, disconnects, restarts], done);
    });

  it('disconnect, another examination, connect: keep their order', async () => {
    const { device, host, dialog, report, endExamination } = await underExamination();
    const disconnected = runAction(host, message('disconnect'));
    await turns();
    const second = host.examine(dialog, new AbortController());
    const connected = runAction(host, message('connect'));
    endExamination();
    await Promise.all([report, disconnected, second, connected]);
    // The second examination leaves the device disconnected.
    assert.deepEqual([device.state.name, device.starts, device.disconnects], ['ready', 3, 3]);
  });

  it('port: moves the device after the examination', async () => {
    const { device, host, report, endExamination } = await underExamination();
    const result = runAction(host, message('port', 'q'));
    await turns();
    assert.deepEqual(device.ports, []);
    endExamination();
    await report;
    await result;
    assert.deepEqual([device.ports, device.state.name], [['q'], 'ready']);
  });

  it('statistics: answers at once', async () => {
    const { host, report, endExamination } = await underExamination();
    assert.ok((await runAction(host, message('statistics'))).statistics);
    endExamination();
    await report;
  });
});

it('an examination opens the port with the settings that it is given, not with those of the device', async () => {
  const { device, report, opens, endExamination } = await underExamination();
  assert.deepEqual([opens(), device.state.name], [1, 'disconnected']);
  endExamination();
  assert.deepEqual(
    (await report).findings.map(({ code }) => code),
    ['PORT_FAILED'],
  );
});

it('an examination of a device that stops: DEVICE_STOPPED, and its port stays closed', async () => {
  const { clock, device, host, dialog, report, opens, endExamination } = await underExamination();
  endExamination();
  await report;
  const stopping = new Deferred<void>();
  device.stopping = stopping.promise;
  const ended = host.end();
  await clock.advance(800);
  assert.equal(device.stops, 1);
  await assert.rejects(host.examine(dialog, new AbortController()), { code: 'DEVICE_STOPPED' });
  assert.deepEqual([opens(), device.disconnects], [1, 1]);
  stopping.resolve();
  await ended;
});

it('the end of the configuration node aborts an examination, and frees the port after it', async () => {
  const { clock, device, host, report, endExamination } = await underExamination();
  const aborted = assert.rejects(report, { code: 'DEVICE_STOPPED' });
  const ended = host.end();
  await clock.advance(800);
  endExamination();
  await aborted;
  await clock.wait(ended);
  assert.deepEqual([device.starts, device.stops, device.state.name], [1, 1, 'stopped']);
});
