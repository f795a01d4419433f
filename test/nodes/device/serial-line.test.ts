import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import type { NodeMessage } from 'node-red';
import { Device, portAt } from '../../../driver';
import type { DeviceSettings } from '../../../nodes/shared/settings/device-settings';
import { makeDevice } from '../../../nodes/shared/device/make-device';
import { SimulatedDevice } from '../../../simulator';
import { listenerCount } from '../../harness/event-log';
import { startPathServer, type PathServer } from '../../harness/network/path-server';
import { wholeFlow } from '../../harness/nodes/flows';
import { openPty, whyNoPty, type Pty } from '../../harness/port/pty';
import { onEachRuntime } from '../../harness/nodes/node-red';
import { field } from '../../harness/nodes/messages';
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

  /** Waits for the report of a state of a link. */
  async function state(link: number, expected: number): Promise<NodeMessage> {
    for (;;) {
      const msg = await nodeRed.next('state');
      if (field(msg, 'linkId') === link && msg.payload === expected) return msg;
    }
  }

  async function open(link: number, path = '/echo'): Promise<void> {
    nodeRed.give('open', { linkId: link, uri: `${server.url}${path}` });
    await state(link, 2);
  }

  it('echoes text and binary of any content, up to 8192 bytes', async () => {
    await nodeRed.load(makeDevice, flow());
    await open(0);
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

  it('delivers each message on its own link', async () => {
    await nodeRed.load(makeDevice, flow());
    for (const link of [0, 1, 2]) await open(link, `/echo?${link}`);
    for (let index = 0; index < 30; index++) {
      nodeRed.give('send', { linkId: index % 3, payload: `${index % 3}:${index}` });
    }
    const got: unknown[][] = [[], [], []];
    for (let index = 0; index < 30; index++) {
      const msg = await nodeRed.next('in');
      got[Number(field(msg, 'linkId'))]?.push(msg.payload);
    }
    const sent = (link: number) =>
      Array.from({ length: 10 }, (_, turn) => `${link}:${turn * 3 + link}`);
    assert.deepEqual(got, [sent(0), sent(1), sent(2)]);
  });

  it('reports a close by the server and a close by the flow', async () => {
    await nodeRed.load(makeDevice, flow());
    await open(0, '/plain');
    server.ws.connections[0]?.close(1001);
    await state(0, 0);
    await open(0, '/plain');
    nodeRed.give('close', { linkId: 0 });
    await nodeRed.next('closed');
    const [first] = server.ws.connections[1]?.frames ?? [];
    assert.deepEqual([first?.opcode, first?.payload], [8, Buffer.from([0x03, 0xe8])]);
  });

  it('reports the reconnect after a lost TCP connection', async () => {
    await nodeRed.load(makeDevice, flow());
    await open(0);
    server.ws.connections[0]?.reset();
    await state(0, 1);
    await state(0, 2);
    nodeRed.give('send', message({ linkId: 0, payload: 'again' }));
    assert.equal((await nodeRed.next('in')).payload, 'again');
    assert.equal(server.ws.connections.length, 2);
  });

  for (const [what, uri] of [
    ['a refused port', () => 'ws://127.0.0.1:1/'],
    ['a host that does not exist', () => 'ws://no.such.host/'],
    ['HTTP 401', () => `${server.url}/401`],
  ] as const) {
    it(`${what}: fails with a code in bounded time`, async () => {
      await nodeRed.load(makeDevice, flow());
      nodeRed.give('open', message({ linkId: 0, uri: uri() }));
      const error: unknown = field(await nodeRed.next('caught'), 'error');
      assert.equal(field(error, 'code'), 'OPEN_FAILED');
    });
  }

  it('one node is redeployed: the others go on; all are removed: nothing is left', async () => {
    const made: Device[] = [];
    let ownListeners = 0;
    const make = (settings: DeviceSettings) => {
      const device = new Device({
        ...settings.options,
        port: portAt(settings.address, settings.serial),
      });
      made.push(device);
      ownListeners = listenerCount(device);
      return device;
    };
    await nodeRed.load(make, flow());
    await open(0);
    const changed = flow().map((node) =>
      'type' in node && node.type === 'ws-send' ? { ...node, name: 'renamed' } : node,
    );
    await nodeRed.deploy(changed, 'nodes');
    nodeRed.give('send', message({ linkId: 0, payload: 'still open' }));
    assert.equal((await nodeRed.next('in')).payload, 'still open');
    assert.equal(server.ws.connections.length, 1);
    await nodeRed.deploy([{ id: 'tab', type: 'tab' }], 'full');
    assert.equal(made.length, 1);
    const [device] = made;
    assert.equal(device?.state.name, 'stopped');
    assert.equal(listenerCount(device), ownListeners);
  });

  it('the flow stops, even during an open: frees the port before the open ends', async () => {
    await nodeRed.load(makeDevice, flow());
    await open(0);
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

/** A message with properties of ours. */
function message(properties: object): NodeMessage {
  return { ...properties };
}
