import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Device, portAt } from '../../../driver';
import { listen } from '../../../simulator';
import { startPathServer } from '../../harness/network/path-server';
import { until } from '../../harness/until';

it('a TCP bridge that restarts is connected again, and the link reopens', async () => {
  const server = await startPathServer();
  const options = { joined: true, bootMs: 20 };
  let bridge = await listen({ ...options, port: 0 });
  const { port } = bridge;
  const line = { rate: 115_200 };
  const device = new Device({ port: portAt(`tcp://127.0.0.1:${port}`, line) });
  const [link] = device.links;
  try {
    device.start();
    await link.open({ uri: `${server.url}/echo`, keepOpen: true });
    await bridge.close();
    await until(() => device.state.error?.code === 'PORT_UNREACHABLE', 'the loss of the port');
    assert.match(
      device.state.error?.message ?? '',
      /^Nothing answers at tcp:\/\/127\.0\.0\.1:\d+\./,
    );
    bridge = await listen({ ...options, port });
    await until(() => link.stateNumber === 2, 'the link opens again');
  } finally {
    await device.stop();
    await bridge.close();
    await server.close();
  }
});
