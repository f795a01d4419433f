import assert from 'node:assert/strict';
import { afterEach, it } from 'node:test';
import { Device } from '../../../driver/device/device';
import { EspAtError } from '../../../driver/errors';
import { simulatedPort, type AccessPoint, type SimulatorOptions } from '../../../simulator';
import { makeDevice, type MakeDevice } from '../../../nodes/shared/device/make-device';
import { startPathServer, type PathServer } from '../../harness/network/path-server';
import { makeAuthority, makeIdentity } from '../../harness/network/ws-server-certificates';
import { catalog } from '../../harness/editor/catalog';
import { FakeDevice } from '../../harness/nodes/fake-device';
import { wholeFlow } from '../../harness/nodes/flows';
import { onEachRuntime } from '../../harness/nodes/node-red';
import { field } from '../../harness/nodes/messages';
import { quickClock } from '../../harness/quick-clock';

const english = catalog('en-US');
const authority = makeAuthority('Home CA');
const identity = makeIdentity(authority, 'server', { hosts: ['127.0.0.1'] });
const board = makeIdentity(authority, 'board');
const other = makeIdentity(authority, 'other');

const home: AccessPoint = { ssid: 'my "home", \\1\\', password: 'pass,"word"\\' };
const credentials = {
  password: home.password,
  ca0: authority.certificate,
  certificate0: board.certificate,
  key0: board.key,
};

const linkSettings = (auth: string) => ({ auth, pki: '0', ca: '0' });

/** A flow on a device with mutual authentication, and what a test sets differently. */
const flow = (uri: string, settings: object = {}) =>
  wholeFlow({
    device: {
      wifi: true,
      ssid: home.ssid,
      sntp: true,
      timezone: '8',
      servers: 'time.example',
      links: [linkSettings('3'), linkSettings('0'), linkSettings('0')],
      ...settings,
    },
    open: { link: '0', uri, keepOpen: true },
    send: { link: '0' },
    status: { link: 'device' },
  });

let boards = 0;

onEachRuntime('a board in factory state', (nodeRed) => {
  let server: PathServer | undefined;
  afterEach(async () => {
    await nodeRed.unload();
    await server?.close();
    server = undefined;
  });

  /** A new board, in the reach of one network. */
  const factory = (options: SimulatorOptions = {}): MakeDevice => {
    const address = `sim:box-${++boards}?joined=0`;
    return (settings) =>
      new Device({
        ...settings.options,
        port: simulatedPort(address, { clock: quickClock, wifi: [home], ...options }),
      });
  };

  const event = (name: string) => nodeRed.event('news', name);

  for (const firmware of ['C', 'D'] as const) {
    it(`echoes a message over mutual TLS by settings alone, class ${firmware}`, async () => {
      server = await startPathServer({
        identity,
        clientAuthority: authority.certificate,
        needsClientCertificate: true,
      });
      await nodeRed.load(factory({ firmware }), flow(`${server.url}/echo`), {
        device: credentials,
      });
      await nodeRed.event('state', 'opened');
      assert.equal((await nodeRed.ask('send', { payload: 'hello' }, 'in')).payload, 'hello');
      assert.equal(server.ws.requests[0]?.clientName, 'board');
      assert.deepEqual(nodeRed.waiting('caught'), []);
      assert.deepEqual(nodeRed.logged('device', 'warn'), []);
      assert.deepEqual(
        ['events.joined', 'events.address', 'events.clock-set'].filter(
          (text) => !nodeRed.logged('device', 'log').includes(text),
        ),
        [],
      );
    });
  }

  for (const firmware of ['A', 'B'] as const) {
    it(`opens wss:// without verification, with a warning, class ${firmware}`, async () => {
      server = await startPathServer({ identity: makeIdentity(makeAuthority('X'), 'anybody') });
      const links = [linkSettings('0')];
      await nodeRed.load(factory({ firmware }), flow(`${server.url}/echo`, { links }), {
        device: { password: home.password },
      });
      const warning = await event('warning');
      assert.equal(field(field(warning, 'error'), 'code'), 'SERVER_NOT_VERIFIED');
      assert.equal((await nodeRed.ask('send', { payload: 'hello' }, 'in')).payload, 'hello');
      assert.match(nodeRed.logged('device', 'warn').join('\n'), /never verifies servers/);
    });
  }

  it('with a wrong password: an error on the canvas, in the log and at ws-status, without the password', async () => {
    await nodeRed.load(factory(), flow('ws://127.0.0.1:1/'), {
      device: { ...credentials, password: 'wrong-word' },
    });
    const warning = await event('warning');
    assert.deepEqual(field(warning, 'error'), {
      code: 'WIFI_PASSWORD',
      message: `The network ${home.ssid} refused the password. Check it.`,
    });
    assert.equal(nodeRed.shown('open'), 'red ring WIFI_PASSWORD');
    const log = (['log', 'warn', 'error', 'debug'] as const).flatMap((level) =>
      nodeRed.logged('device', level),
    );
    assert.ok(log.some((line) => line.includes('refused the password')));
    assert.doesNotMatch(JSON.stringify([log, warning]), /wrong-word|PRIVATE KEY/);
  });

  /** Settings that can never work: every node reports them at once. */
  const refused: readonly (readonly [string, object, object, RegExp])[] = [
    ['INVALID_PORT', { port: '' }, credentials, /^"" is not a port/],
    ['INVALID_SETTING', { port: 'tcp://h:1', rate: 'fast' }, credentials, /"baud rate".*"fast"/],
    ['INVALID_SETTING', { ssid: '' }, credentials, /"network".*empty/],
    ['CERTIFICATE_INVALID', {}, { ...credentials, key0: other.key }, /does not fit/],
    ['CERTIFICATE_INVALID', {}, { ...credentials, ca0: 'hello' }, /not PEM text/],
  ];
  for (const [code, settings, given, sentence] of refused) {
    it(`with ${JSON.stringify(settings)}: ${code}`, async () => {
      const credentials = { device: given };
      await nodeRed.load(makeDevice, flow('ws://127.0.0.1:1/', settings), credentials, english);
      const error: unknown = field(await nodeRed.ask('send', { payload: 'x' }, 'caught'), 'error');
      assert.equal(field(error, 'code'), code);
      assert.match(String(field(error, 'message')), sentence);
      assert.equal(nodeRed.shown('open'), `red ring ${english(`short.${code}`)}`);
    });
  }

  it('with a missing port from an environment variable: the error names it', async () => {
    process.env.SOCKET = '/dev/serial/by-id/none';
    try {
      await nodeRed.load(makeDevice, flow('ws://127.0.0.1:1/', { port: '${SOCKET}' }), {
        device: credentials,
      });
      await event('state');
      assert.match(nodeRed.logged('device', 'warn').join(), /no serial port .*by-id\/none/);
      assert.equal(nodeRed.shown('open'), 'red ring PORT_NOT_FOUND');
    } finally {
      delete process.env.SOCKET;
    }
  });
});

onEachRuntime('a lost network', (nodeRed) => {
  it('replaces the link state in the status, and is sent by ws-status', async () => {
    const device = new FakeDevice();
    await nodeRed.load(() => device, flow('ws://host/echo'));
    device.become({ name: 'ready', error: new EspAtError('WIFI_LOST') });
    assert.equal(nodeRed.shown('open'), 'red ring WIFI_LOST');
    const news = await nodeRed.next('news');
    assert.deepEqual(
      [news.payload, field(news, 'event'), field(field(news, 'error'), 'code')],
      ['ready', 'state', 'WIFI_LOST'],
    );
    assert.match(nodeRed.logged('device', 'warn').join(), /lost its Wi-Fi network/);
    device.become({ name: 'ready' });
    assert.equal(nodeRed.shown('open'), 'green dot host');
  });
});

onEachRuntime('the admin endpoints', (nodeRed) => {
  const ask = (body: object) =>
    nodeRed.post('/esp-at-websocket/certificates', { device: 'device', slot: '0', ...body });

  it('report problems of certificates, with the stored key where none is given', async () => {
    await nodeRed.load(() => new FakeDevice(), flow('ws://host/'), { device: credentials });
    const stored = { ca: authority.certificate, certificate: board.certificate, key: '__PWRD__' };
    assert.deepEqual(await ask(stored), { status: 200, body: [] });
    assert.deepEqual(await ask({ ...stored, certificate: other.certificate }), {
      status: 200,
      body: [
        {
          field: 'key',
          code: 'CERTIFICATE_INVALID',
          details: { material: 'privateKey', index: 0, reason: 'KEY_MISMATCH' },
          message: 'Replace the private key in slot 0: it does not fit the client certificate.',
        },
      ],
    });
    const each = async (property: string, body: object) => {
      const answer = await ask(body);
      assert.ok(Array.isArray(answer.body));
      return answer.body.map((problem: unknown) => field(problem, property));
    };
    const fields = (body: object) => each('field', body);
    assert.deepEqual(await fields({}), []);
    for (const ca of ['${TEST_CA}', '$(TEST_CA)']) {
      assert.deepEqual(await fields({ ca }), ['ca']);
      for (const value of [authority.certificate, '']) {
        process.env.TEST_CA = value;
        assert.deepEqual(await fields({ ca }), []);
      }
      delete process.env.TEST_CA;
    }
    assert.deepEqual(await fields({ ca: 'x', certificate: 'y', key: 'z' }), [
      'ca',
      'certificate',
      'key',
    ]);
    assert.deepEqual(await fields({ key: 'z' }), ['key', 'certificate']);
    assert.deepEqual(await fields({ certificate: 'y' }), ['certificate', 'key']);
    assert.deepEqual(await fields({ key: board.key }), ['certificate']);
    assert.deepEqual(await fields({ key: board.key, certificate: 'y' }), ['certificate']);
    assert.deepEqual(await fields({ key: board.key, ca: 'x' }), ['ca', 'certificate']);
    assert.deepEqual(await fields({ certificate: board.certificate }), ['key']);
    for (const [given, missing] of [
      [{ key: board.key }, /^Slot 0 of the device has no client certificate/],
      [{ certificate: board.certificate }, /^Slot 0 of the device has no private key/],
    ] as const)
      assert.match(String((await each('message', given))[0]), missing);
    const old = makeIdentity(authority, 'old', { to: Date.UTC(2025, 0, 1) });
    assert.deepEqual(await fields({ ca: old.certificate }), ['ca']);
    const expired = { certificate: old.certificate };
    assert.deepEqual(await fields({ ...expired, key: old.key }), ['certificate']);
    assert.deepEqual(await fields(expired), ['certificate', 'key']);
    assert.deepEqual(await fields({ ...expired, key: board.key }), ['certificate', 'key']);
    const answers = await ask({ ...stored, certificate: other.certificate });
    assert.doesNotMatch(JSON.stringify(answers), /BEGIN/);
  });

  it('list the ports, the simulated one first', async () => {
    await nodeRed.load(() => new FakeDevice(), flow('ws://host/'));
    const { status, body } = await nodeRed.get('/esp-at-websocket/ports');
    assert.equal(status, 200);
    assert.ok(Array.isArray(body));
    assert.equal(field(body[0], 'value'), 'sim:');
  });
});
