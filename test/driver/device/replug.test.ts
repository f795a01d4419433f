import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Device, portAt } from '../../../driver';
import { listen, SimulatedDevice } from '../../../simulator';
import { startPathServer } from '../../harness/network/path-server';
import { openPty, PortSymlink, whyNoPty, type Pty } from '../../harness/port/pty';
import { until } from '../../harness/until';

describe('an adapter that is unplugged', { skip: whyNoPty() ?? false }, () => {
  it('is found under another name by its by-id path, and the link reopens', async () => {
    const server = await startPathServer();
    const byId = new PortSymlink();
    const simulator = new SimulatedDevice({ joined: true, bootMs: 20 });
    // Two USB sockets: in each the port has another name.
    const sockets = [0, 1].map(() => openPty((chunk) => simulator.write(chunk)));
    const [first, second] = sockets;
    assert.ok(first && second && first.path !== second.path);
    const plugInto = (socket: Pty) => {
      simulator.onOutput((bytes) => socket.write(bytes));
      byId.point(socket.path);
    };
    const line = { rate: 115_200, dtr: true, rts: true };
    const device = new Device({ port: portAt(byId.path, line) });
    const texts: string[] = [];
    const [link] = device.links;
    link.on('message', ({ bytes }) => texts.push(bytes.toString()));
    plugInto(first);
    try {
      device.start();
      await link.open({ uri: `${server.url}/echo`, keepOpen: true });
      await link.send('before');
      await until(() => texts.includes('before'), 'an echo');

      simulator.onOutput(() => undefined);
      await first.close();
      byId.remove();
      await until(() => device.state.error?.code === 'PORT_NOT_FOUND', 'the loss of the port');
      assert.deepEqual([device.state.name, link.stateNumber], ['absent', 0]);

      plugInto(second);
      await until(() => link.stateNumber === 2, 'the link opens again');
      await link.send('after');
      await until(() => texts.includes('after'), 'an echo');
    } finally {
      await device.stop();
      simulator.destroy();
      for (const socket of sockets) await socket.close();
      byId.close();
      await server.close();
    }
  });
});

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
