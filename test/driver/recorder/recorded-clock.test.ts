import assert from 'node:assert/strict';
import { it } from 'node:test';
import { DeviceRecorder } from '../../../driver/recorder/device-recorder';
import type { PortHandlers } from '../../../driver/port/port';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';

it('the records of the turn of a chunk have its time, those behind it have their own', async () => {
  const clock = new VirtualClock();
  let now = 5;
  let handlers: PortHandlers | undefined;
  const port = {
    address: 'memory',
    open: (given: PortHandlers) => {
      handlers = given;
      return Promise.resolve({
        write: () => undefined,
        pendingBytes: 0,
        close: () => Promise.resolve(),
      });
    },
  };
  const ticking = {
    now: () => now++,
    after: clock.after.bind(clock),
    afterInput: clock.afterInput.bind(clock),
  };
  const recorder = new DeviceRecorder({ port, clock: ticking }, 1024);
  await recorder.port.open(
    { data: () => recorder.called('start'), lost: () => undefined },
    { flowControl: false },
  );
  handlers?.data(Buffer.from('a'));
  recorder.called('stop');
  const times = recorder.lines().map(({ line }) => line.at);
  assert.deepEqual(times, [5, 6, 7, 7, 8]);
});
