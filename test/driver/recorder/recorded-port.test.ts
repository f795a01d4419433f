import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openSerial } from '../../../driver/port/serial';
import { recordedOpener } from '../../../driver/recorder/recorded-port';
import { Recorder } from '../../../driver/recorder/recorder';
import { SecretSet } from '../../../driver/recorder/secret-set';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { FakeSerial } from '../../harness/port/fake-serial';

for (const [flowControl, offered] of [
  [true, { resets: false }],
  [false, { resets: true, setsFlowControl: true }],
] as const)
  it(`records what a serial port offers with the flow control ${flowControl}`, async () => {
    const clock = new VirtualClock();
    const recorder = new Recorder(4096, clock, new SecretSet());
    const address = 'fake';
    const opener = recordedOpener(
      {
        address,
        open: (handlers) =>
          openSerial({ path: address, rate: 115_200, flowControl }, handlers, {
            binding: new FakeSerial(),
            clock,
          }),
      },
      recorder,
    );
    const port = await opener.open(
      { data: () => undefined, lost: () => undefined },
      { flowControl },
    );
    assert.deepEqual(recorder.lines().at(-1)?.line, {
      at: 0,
      port: 'opened',
      setsRate: true,
      readsCts: true,
      ...offered,
    });
    await port.close();
  });
