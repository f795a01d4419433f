import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { portOf } from '../../harness/network/port-of';
import { portAt } from '../../../driver';
import { Deferred } from '../../../driver/deferred';
import type { PortOpener } from '../../../driver/port/port';
import { isFlowError } from '../../../nodes/shared/errors/node-error';
import { PortClaims } from '../../../nodes/shared/device/port-claims';
import { PortVisits } from '../../../nodes/shared/device/port-visits';
import { makeDevice } from '../../../nodes/shared/device/make-device';
import { listen } from '../../../simulator/serial/server';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { catalog } from '../../harness/editor/catalog';
import { Hosts, RecordingUser } from '../../harness/nodes/device-hosts';
import { FakeDevice } from '../../harness/nodes/fake-device';
import { onEachRuntime } from '../../harness/nodes/node-red';
import { field } from '../../harness/nodes/messages';
import { editorSentence } from '../../harness/editor/editor-sentence';
import { asObjects } from '../../package/project';

/** A port that opens and closes after some time, or never, and has nothing behind it. */
class SilentPort implements PortOpener {
  readonly address: string;
  readonly events: string[] = [];
  readonly #opening: Promise<void>;
  readonly #closing: Promise<void>;

  constructor(address: string, opening = Promise.resolve(), closing = Promise.resolve()) {
    this.address = address;
    this.#opening = opening;
    this.#closing = closing;
  }

  async open() {
    this.events.push('opening');
    await this.#opening;
    this.events.push('open');
    return {
      write: () => undefined,
      pendingBytes: 0,
      setFlowControl: () => Promise.resolve(),
      close: () => {
        this.events.push('closed');
        return this.#closing;
      },
    };
  }
}

const codeOf = (error: unknown) => (isFlowError(error) ? error.code : String(error));

const typed = (opener: PortOpener, key = opener.address) => ({
  opener,
  key,
  hasAutomaticRate: false,
});

describe('PortVisits', () => {
  it('two questions at the same time: one examination; another port waits for its end', async () => {
    const clock = new VirtualClock();
    const visits = new PortVisits(new PortClaims((address) => address), clock, () => ({}));
    const [one, two] = [new SilentPort('tcp://one:1'), new SilentPort('tcp://two:1')];
    const atFirst: string[] = [];
    const first = visits.examine(typed(one));
    const same = visits.examine(typed(one));
    const other = visits.networks(typed(two));
    void first.then(() => atFirst.push(...one.events, ...two.events));
    const refused = clock.wait(other).catch(codeOf);
    assert.equal(await clock.wait(first), await same);
    assert.equal(await refused, 'DEVICE_UNRESPONSIVE');
    assert.deepEqual(atFirst, ['opening', 'open', 'closed']);
    assert.deepEqual(two.events, ['opening', 'open', 'closed']);
    assert.equal(clock.pending, 0);
  });

  it('a device that wants the port: gets it as soon as it is closed, and answers', async () => {
    const hosts = new Hosts();
    const { clock } = hosts;
    const device = new FakeDevice();
    device.networks = [{ ssid: 'home', bssid: '', signal: -40, channel: 1, encrypted: true }];
    const port = new SilentPort('p');
    const answer = new PortVisits(hosts.claims, clock, () => ({})).networks(typed(port));
    await clock.advance(1000);
    const host = hosts.host('a', () => device);
    const user = new RecordingUser(host);
    assert.deepEqual([user.states, host.state.name], [[], 'stopped']);
    assert.deepEqual(await clock.wait(answer), { networks: device.networks, endedPrompt: false });
    assert.deepEqual(user.states, ['ready']);
    assert.deepEqual(port.events, ['opening', 'open', 'closed']);
    assert.equal(clock.pending, 0);
  });

  it('a flow that names the port: its device gets the port as soon as it is closed, and answers', async () => {
    const hosts = new Hosts();
    const { clock, claims } = hosts;
    const device = new FakeDevice();
    device.networks = [{ ssid: 'home', bssid: '', signal: -40, channel: 1, encrypted: true }];
    const host = hosts.host('a', () => device);
    new RecordingUser(host);
    const port = new SilentPort('q');
    device.usePort = ({ address }) => void port.events.push(`device at ${address}`);
    const answer = new PortVisits(claims, clock, () => ({})).networks(typed(port));
    await clock.advance(1000);
    await clock.wait(host.usePort('q'));
    assert.deepEqual(port.events, ['opening', 'open', 'closed', 'device at q']);
    assert.equal(claims.holderOf('q'), host);
    assert.deepEqual(await clock.wait(answer), { networks: device.networks, endedPrompt: false });
  });

  it('a port that takes a minute to open: given up, and closed when it opens after all', async () => {
    const clock = new VirtualClock();
    const claims = new PortClaims((address) => address);
    const visits = new PortVisits(claims, clock, () => ({}));
    const opening = new Deferred<void>();
    const port = new SilentPort('tcp://one:1', opening.promise);
    const answer = visits.networks(typed(port)).catch(codeOf);
    assert.equal(await clock.wait(answer), 'DEVICE_UNRESPONSIVE');
    assert.equal(clock.now(), 60_000);
    assert.equal(claims.holderOf(port.address), undefined);
    opening.resolve();
    await clock.advance(100);
    assert.deepEqual(port.events, ['opening', 'open', 'closed']);
  });

  const never = new Promise<void>(() => undefined);

  it('a port that never closes: answered after a second more, and free for a device', async () => {
    const clock = new VirtualClock();
    const claims = new PortClaims((address) => address);
    const visits = new PortVisits(claims, clock, () => ({}));
    const port = new SilentPort('stuck', undefined, never);
    const { findings } = await clock.wait(visits.examine(typed(port)));
    assert.equal(findings[0]?.code, 'NO_ANSWER_BRIDGE');
    assert.equal(claims.holderOf('stuck'), undefined);
    assert.equal(clock.pending, 0);
  });

  for (const { never: what, port, answer } of [
    { never: 'opens', port: new SilentPort('p', never), answer: 'DEVICE_UNRESPONSIVE' },
    { never: 'closes', port: new SilentPort('p2', undefined, never), answer: 'NO_ANSWER_BRIDGE' },
  ]) {
    it(`a deployed device whose port never ${what} in an examination: runs again after the answer`, async () => {
      const hosts = new Hosts();
      const { clock } = hosts;
      const device = new FakeDevice();
      const host = hosts.host('a', () => device, port.address);
      new RecordingUser(host);
      const visits = new PortVisits(hosts.claims, clock, () => ({}));
      const report = await clock
        .wait(visits.examine(typed(port)))
        .then(({ findings }) => findings[0]?.code, codeOf);
      assert.equal(report, answer);
      assert.deepEqual([device.state.name, device.starts], ['ready', 2]);
      await host.begin(() => Promise.resolve());
      assert.equal(clock.pending, 0);
    });
  }

  it('a deployed device that never frees its port: the dialog has its answer after a minute', async () => {
    const hosts = new Hosts();
    const { clock } = hosts;
    const device = new FakeDevice();
    device.stopping = never;
    const host = hosts.host('a', () => device);
    new RecordingUser(host);
    const visits = new PortVisits(hosts.claims, clock, () => ({}));
    const [first, second] = [new SilentPort('p'), new SilentPort('p')];
    const report = visits.examine(typed(first));
    const networks = visits.networks(typed(second));
    assert.equal(await clock.wait(report).catch(codeOf), 'DEVICE_UNRESPONSIVE');
    assert.deepEqual([clock.now(), device.starts], [60_000, 2]);
    assert.deepEqual(await networks, { networks: device.networks, endedPrompt: false });
    assert.deepEqual([first.events, second.events], [[], []]);
    assert.equal(clock.pending, 0);
  });
});

const english = catalog('en-US');
const tab = { id: 'tab', type: 'tab' };
const flow = (port: string) => [
  tab,
  { id: 'device', type: 'esp-at-device', port },
  { id: 'send', type: 'ws-send', z: 'tab', device: 'device', link: '0', wires: [[]] },
];

onEachRuntime('the port of the dialog', (nodeRed) => {
  const ask = (question: string, body: object, id = 'new') =>
    nodeRed.post(`/esp-at-websocket/${question}/${id}`, body);
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  afterEach(async () => {
    await nodeRed.unload();
    for (const socket of sockets) socket.destroy();
    server?.close();
    server = undefined;
    delete process.env.ESP_AT_HOST;
  });

  it('before the first deploy: networks and findings, and the port is free again', async () => {
    await nodeRed.load(makeDevice, [tab], {}, english);
    const bridge = await listen({ port: 0, firmware: 'B', joined: true });
    process.env.ESP_AT_HOST = '127.0.0.1';
    const body = { port: `tcp://\${ESP_AT_HOST}:${bridge.port}`, rate: '', dtr: 'true' };
    try {
      const { body: networks } = await ask('networks', body);
      assert.match(JSON.stringify(networks), /^\{"networks":\[\{"ssid":"espressif"/);
      assert.equal(field(networks, 'endedPrompt'), false);
      const { status, body: report } = await ask('doctor', body);
      assert.equal(status, 200);
      assert.equal(field(report, 'ok'), true, JSON.stringify(report));
      // A bridge has one client at a time.
      const handlers = { data: () => undefined, lost: () => undefined };
      const free = portAt(`tcp://127.0.0.1:${bridge.port}`, { rate: 115_200 });
      await (await free.open(handlers, { flowControl: false })).close();
    } finally {
      await bridge.close();
    }
  });

  for (const [body, sentence] of [
    [{}, /"" is not a port/],
    [{ port: 'ttyUSB0' }, /"ttyUSB0" is not a port/],
    [{ port: 'sim:?firmware=Z' }, /firmware/],
    [{ port: '/dev/ttyUSB0', rate: 'fast' }, /"fast" is not a whole number/],
  ] as const) {
    it(`${JSON.stringify(body)}: refused as at a deploy`, async () => {
      await nodeRed.load(makeDevice, [tab], {}, english);
      for (const question of ['doctor', 'networks']) {
        const { status, body: answer } = await ask(question, body);
        assert.equal(status, 409);
        assert.match(editorSentence(field(answer, 'error')), sentence);
      }
    });
  }

  it('in dialogs with other settings: opens for each, and once for those with the same', async () => {
    await nodeRed.load(makeDevice, [tab], {}, english);
    let connections = 0;
    server = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const body = { port: `tcp://127.0.0.1:${portOf(server)}`, rate: '', dtr: 'true', rts: 'true' };
    const bodies = [body, { ...body, dtr: 'false' }, { ...body, rts: 'false' }];
    bodies.push({ ...body, rate: '9600' }, { ...body, rate: '115200' });
    const answers = await Promise.all(bodies.map((each) => ask('networks', each)));
    const codes = answers.map((answer) => field(field(answer.body, 'error'), 'code'));
    assert.deepEqual(codes, Array(5).fill('PORT_LOST'));
    assert.equal(connections, 4);
  });

  it('of a deployed device: asks that device, whatever the dialog is of', async () => {
    const device = new FakeDevice();
    device.networks = [
      { ssid: '<b>"x"', bssid: 'aa:bb:cc:dd:ee:ff', signal: -40, channel: 1, encrypted: true },
    ];
    await nodeRed.load(() => device, flow('/dev/ttyNOWHERE'), {}, english);
    const body = { port: '/dev/ttyNOWHERE' };
    assert.deepEqual(await ask('networks', body), {
      status: 200,
      body: { networks: device.networks, endedPrompt: false },
    });
    const [first, second] = await Promise.all([ask('doctor', body), ask('doctor', body, 'device')]);
    assert.deepEqual(second, first);
    assert.deepEqual([device.disconnects, device.starts], [1, 2]);
    assert.equal(field(first.body, 'ok'), false);
    const [finding, ...more] = asObjects(field(first.body, 'findings'), 'findings');
    assert.deepEqual([finding?.code, finding?.severity, more], ['PORT_NOT_FOUND', 'error', []]);
    assert.match(editorSentence(finding), /^There is no serial port \/dev\/ttyNOWHERE\. /);
    assert.match(editorSentence(finding, 'zh-CN'), /^找不到串口 \/dev\/ttyNOWHERE。/);
  });

  it('that a deploy takes during a scan: the new device answers', async () => {
    const device = new FakeDevice();
    device.networks = [];
    await nodeRed.load(() => device, [tab], {}, english);
    server = createServer((socket) => {
      sockets.add(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = `tcp://127.0.0.1:${portOf(server)}`;
    const answer = ask('networks', { port });
    await once(server, 'connection');
    await nodeRed.deploy(flow(port), 'full');
    assert.deepEqual(await answer, { status: 200, body: { networks: [], endedPrompt: false } });
    assert.equal(device.starts, 1);
  });
});
