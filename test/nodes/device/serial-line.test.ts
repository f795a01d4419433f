import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import { portAt } from '../../../driver';
import { makeDevice } from '../../../nodes/shared/device/make-device';
import { SimulatedDevice } from '../../../simulator';
import { startPathServer, type PathServer } from '../../harness/network/path-server';
import { wholeFlow } from '../../harness/nodes/flows';
import { openPty, whyNoPty, type Pty } from '../../harness/port/pty';
import { onEachRuntime } from '../../harness/nodes/node-red';
import { quickClock } from '../../harness/quick-clock';
import { until } from '../../harness/until';

const noPty = whyNoPty() ?? false;

/** A serial line with the simulated ESP32 at its far end. */
interface SerialLine {
  readonly pty: Pty;
  readonly device: SimulatedDevice;
  /** What the device has said. */
  said: string;
  /** The time of the device stands still: it ends nothing that it has begun. */
  isFrozen: boolean;
}

onEachRuntime('over a real serial port (pty)', (nodeRed) => {
  let line: SerialLine;
  let server: PathServer;

  beforeEach(async (context) => {
    if (noPty !== false && 'skip' in context) context.skip(noPty);
    server = await startPathServer();
    server.ws.behavior.skipsFirstPing = true;
    const after = (delay: number, callback: () => void) =>
      quickClock.after(delay, () => line.isFrozen || callback());
    const device: SimulatedDevice = new SimulatedDevice({
      firmware: 'D',
      joined: true,
      clock: { ...quickClock, after },
      output: (bytes) => {
        line.said += Buffer.from(bytes).toString('latin1');
        pty.write(bytes);
      },
    });
    const pty = openPty((chunk) => device.write(chunk));
    line = { pty, device, said: '', isFrozen: false };
  });
  afterEach(async () => {
    await nodeRed.unload();
    line.device.destroy();
    await line.pty.close();
    await server.close();
  });

  const flow = () => wholeFlow({ device: { port: line.pty.path, rate: '115200' } });

  async function open(): Promise<void> {
    nodeRed.give('open', { linkId: 0, uri: `${server.url}/echo` });
    await nodeRed.event('state', 'opened');
  }

  it('echoes text and binary of any content, up to 8192 bytes', async () => {
    await nodeRed.load(makeDevice, flow());
    await open();
    const large = Buffer.from(Array.from({ length: 8192 }, (_, index) => (index * 31) & 0xff));
    const nasty = Buffer.from(
      '\r\n\0>\r\nOK\r\n+WS_CLOSED:0\r\n\r\nSEND OK\r\nready\r\n',
      'latin1',
    );
    for (const payload of ['grüß dich', nasty, large, nasty.toString('latin1')]) {
      nodeRed.give('send', { linkId: 0, payload });
      assert.deepEqual((await nodeRed.next('sent')).payload, payload);
      assert.deepEqual((await nodeRed.next('in')).payload, payload);
    }
    assert.deepEqual(nodeRed.waiting('caught'), []);
  });

  it('the flow stops, even during an open: frees the port before the open ends', async () => {
    await nodeRed.load(makeDevice, flow());
    await open();
    nodeRed.give('open', { linkId: 1, uri: `${server.url}/silent` });
    await until(() => server.sockets.size === 2, 'the server gets the second connection');
    line.isFrozen = true;
    line.said = '';
    await nodeRed.unload();
    assert.equal(line.said, '');
    const ignored = { data: () => undefined, lost: () => undefined };
    const port = await portAt(line.pty.path, { rate: 115_200 }).open(ignored, {
      flowControl: false,
    });
    await port.close();
    const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    // Two of the runner, and those of the simulated device for the connection that it still has.
    assert.ok(timers <= 4, `${timers} timers are left`);
  });
});
