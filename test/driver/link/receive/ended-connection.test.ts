import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Device } from '../../../../driver';
import type { Framing } from '../../../../driver/link/receive/options';
import { Harness } from '../../../harness/harness';

const endings: Readonly<Record<string, (device: Device) => Promise<void>>> = {
  'stops the device': (device) => device.stop(),
  'disconnects the device': (device) => device.disconnect(),
};

const framings: readonly Framing[] = [
  { by: 'json' },
  { by: 'delimiter', delimiter: Buffer.from('\n') },
];

describe('no further message of a chunk comes', () => {
  for (const [what, end] of Object.entries(endings))
    for (const framing of framings)
      it(`after a listener of the first one ${what}, with framing ${framing.by}`, async () => {
        await using harness = await new Harness({ firmware: 'C' }).ready();
        const { clock, device, port } = harness;
        const [link] = device.links;
        await clock.wait(link.open({ uri: 'ws://host/plain', framing }));
        const events: string[] = [];
        link.on('statechange', ({ cause }) => events.push(cause));
        link.on('message', ({ bytes }) => {
          events.push(bytes.toString().trim());
          void end(device);
        });
        port.deliver(Buffer.from('\r\n+WS_DATA:0,12,[1]\n[2]\n[3]\n\r\n'));
        await clock.advance(1000);
        assert.deepEqual(events, ['[1]', 'device-lost']);
      });

  it('after a listener of a loss in it stops the device, on class D', async () => {
    await using harness = await new Harness({ firmware: 'D' }).ready();
    const { clock, device, port } = harness;
    const [link] = device.links;
    await clock.wait(link.open({ uri: 'ws://host/plain' }));
    const events: string[] = [];
    link.on('statechange', ({ cause }) => events.push(cause));
    link.on('message', ({ bytes }) => events.push(bytes.toString()));
    link.on('dataloss', ({ error }) => {
      events.push(error.code);
      void device.stop();
    });
    // The end of the first message is missing.
    port.deliver(Buffer.from('\r\n+WS_DATA:0,1,1,9,4,lost\r\n\r\n+WS_DATA:0,1,1,5,5,whole\r\n'));
    await clock.advance(1000);
    assert.deepEqual(events, ['DATA_LOST', 'device-lost']);
  });
});
