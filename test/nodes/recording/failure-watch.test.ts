import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { EspAtError } from '../../../driver';
import { FailureWatch, type Failure } from '../../../nodes/shared/recording/failure-watch';
import { FakeDevice } from '../../harness/nodes/fake-device';
import { flowOf } from '../../harness/nodes/flows';
import { codeOf } from '../../harness/nodes/messages';
import { onEachRuntime } from '../../harness/nodes/node-red';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { asText } from '../../package/project';

const unresponsive = new EspAtError('DEVICE_UNRESPONSIVE', { port: 'p' });

function watched(): { clock: VirtualClock; device: FakeDevice; failures: Failure[] } {
  const clock = new VirtualClock();
  const device = new FakeDevice();
  const failures: Failure[] = [];
  new FailureWatch(clock, (_device, failure) => failures.push(failure)).deviceChanged(device);
  return { clock, device, failures };
}

describe('watch for failures', () => {
  it('reports a failed resync once, and again after the device was ready', () => {
    const { device, failures } = watched();
    for (let round = 0; round < 2; round++) {
      device.become({ name: 'ready' });
      device.become({ name: 'resyncing' });
      device.become({ name: 'initializing', error: unresponsive });
      device.become({ name: 'absent', error: unresponsive });
      device.become({ name: 'initializing', error: unresponsive });
    }
    assert.deepEqual(failures, ['resync-failed', 'resync-failed']);
  });

  it('reports a ready device that restarts and answers no more, not one that never was ready', () => {
    const { device, failures } = watched();
    device.become({ name: 'initializing', error: unresponsive });
    assert.deepEqual(failures, []);
    device.become({ name: 'ready' });
    device.become({ name: 'initializing' });
    device.become({ name: 'initializing', error: unresponsive });
    assert.deepEqual(failures, ['unresponsive']);
  });

  it('reports a device that is not ready again within 90 s', async () => {
    const { clock, device, failures } = watched();
    device.become({ name: 'ready' });
    device.become({ name: 'resyncing' });
    await clock.advance(89_999);
    assert.deepEqual(failures, []);
    await clock.advance(1);
    assert.deepEqual(failures, ['late']);
  });

  it('reports no recovery, pulled cable, freed port or stop, and leaves no timer', async () => {
    const { clock, device, failures } = watched();
    device.become({ name: 'ready' });
    device.become({ name: 'resyncing' });
    device.become({ name: 'ready' });
    device.become({ name: 'absent', error: new EspAtError('PORT_LOST', { port: 'p' }) });
    device.become({ name: 'initializing' });
    for (const state of ['ready', 'resyncing'] as const) {
      device.become({ name: 'ready' });
      device.become({ name: state });
      device.become({ name: 'disconnected' });
      await clock.advance(90_000);
      device.become({ name: 'absent' });
      device.become({ name: 'initializing' });
    }
    device.become({ name: 'ready' });
    device.become({ name: 'resyncing' });
    device.become({ name: 'stopped' });
    assert.equal(clock.pending, 0);
    assert.deepEqual(failures, []);
  });
});

onEachRuntime('recording of a failure', (nodeRed) => {
  let userDir: string;
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'esp-at-user-'));
    nodeRed.settings({ userDir });
  });
  afterEach(() => rmSync(userDir, { recursive: true }));

  const flow = (settings: object) => flowOf('ws-status', 1, { link: 'device' }, settings);
  const fail = (device: FakeDevice) => {
    device.become({ name: 'resyncing' });
    device.become({ name: 'initializing', error: unresponsive });
  };

  it('is saved under the user folder, and named in the log and by ws-status', async () => {
    const device = new FakeDevice();
    await nodeRed.load(() => device, flow({ keepRecordings: true }));
    fail(device);
    const { detail } = await nodeRed.event('out0', 'recording-saved');
    const file = asText(detail, 'detail');
    assert.match(file, /board-resync-failed\.jsonl$/);
    assert.match(readFileSync(file, 'utf8'), /"title":"board: resync-failed"/);
    assert.ok(nodeRed.logged('device', 'warn').includes(`events.recording-saved: ${file}`));
  });

  it('is saved for msg.action, or the answer says why it cannot be', async () => {
    await nodeRed.load(() => new FakeDevice(), flow({}));
    nodeRed.give('node', { action: 'record' });
    const { detail } = await nodeRed.event('out0', 'record');
    assert.match(readFileSync(asText(detail, 'detail'), 'utf8'), /"title":"board: asked"/);
    rmSync(join(userDir, 'esp-at-recordings'), { recursive: true });
    writeFileSync(join(userDir, 'esp-at-recordings'), 'in the way');
    nodeRed.give('node', { action: 'record' });
    assert.equal(codeOf(await nodeRed.next('caught')), 'RECORDING_FAILED');
  });

  it('is not saved where the setting is off', async () => {
    const device = new FakeDevice();
    await nodeRed.load(() => device, flow({}));
    fail(device);
    // A later recording, which is saved, is the only one.
    nodeRed.give('node', { action: 'record' });
    await nodeRed.event('out0', 'record');
    const saved = readdirSync(join(userDir, 'esp-at-recordings'));
    assert.deepEqual(
      saved.map((name) => name.replace(/^.*Z-/, '')),
      ['board-asked.jsonl'],
    );
  });
});
