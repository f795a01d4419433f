import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Device } from '../../../driver/device/device';
import { Harness } from '../../harness/harness';
import { code, test } from '../../harness/ready-harness';

describe('initializing a device', () => {
  for (const firmware of ['A', 'B', 'C', 'D'] as const) {
    it(`recognises firmware of class ${firmware} by its commands`, async () => {
      await using harness = await new Harness({ firmware }).ready();
      assert.equal(harness.device.capabilities?.firmware, firmware);
      assert.equal(harness.device.capabilities.maxSend, firmware === 'D' ? 16_384 : 8192);
    });
  }

  it('sends only the required commands, in order', async () => {
    await using harness = await new Harness({ firmware: 'D' }).ready();
    assert.deepEqual(harness.port.text.split('\r\n'), [
      ...['', 'AT+SYSLOG?', 'ATE0', 'AT+SYSSTORE=0', 'AT+WSOPEN?', 'AT+GMR', 'AT+CMD?'],
      ...['AT+CWSTATE?', ''],
    ]);
    assert.deepEqual(
      harness.states.map(({ name }) => name),
      ['absent', 'initializing', 'ready'],
    );
  });

  it('closes links of an earlier session', async () => {
    await using harness = new Harness();
    harness.simulator.write(Buffer.from('AT+WSOPEN=1,"ws://host/plain"\r\n'));
    await harness.clock.advance(1000);
    assert.equal(harness.server.connections.length, 1);
    await harness.ready();
    await harness.clock.advance(1000);
    assert.equal(harness.server.connections[0]?.open, false);
    assert.deepEqual(
      await harness.clock
        .wait(harness.device.checkLinks())
        .then((links) => links.map(({ stateNumber }) => stateNumber)),
      [0, 0, 0],
    );
  });

  it('succeeds while the device is booting', async () => {
    await using harness = new Harness({ simulator: { running: false, bootMs: 700 } });
    harness.simulator.powerOn();
    await harness.ready();
  });

  it('retries while the device has no power, and succeeds when it has', async () => {
    await using harness = new Harness({ simulator: { running: false } });
    harness.device.start();
    await harness.clock.advance(60_000);
    assert.equal(harness.device.state.error?.code, 'DEVICE_UNRESPONSIVE');
    harness.simulator.powerOn();
    await harness.until(() => harness.device.state.name === 'ready', 5000);
  });

  for (const queue of [
    { messages: 0, bytes: 1 },
    { messages: 1, bytes: NaN },
    { messages: 1e9, bytes: 1 },
  ]) {
    it(`refuses a queue limit of ${queue.messages} messages and ${queue.bytes} bytes`, () => {
      const refused = { code: 'INVALID_SETTING' };
      assert.throws(() => new Device({ port: new Harness().port, sendLimit: queue }), refused);
    });
  }

  for (const options of [{ recorderBytes: NaN }, { negotiatedRate: NaN }]) {
    it(`refuses ${JSON.stringify(Object.keys(options))} that are no number`, () => {
      const refused = { code: 'INVALID_SETTING' };
      assert.throws(() => new Device({ port: new Harness().port, ...options }), refused);
    });
  }
});

describe('restart()', () => {
  test('rejects during a stop, which goes on', async (harness) => {
    const { clock, device, port, states: statuses } = harness;
    await clock.wait(device.links[0].open({ uri: 'ws://host/echo' }));
    const restarting = device.restart();
    const stopping = device.stop();
    statuses.length = 0;
    const late = device.restart();
    const settled = Promise.allSettled([restarting, stopping]);
    assert.equal(await code(harness, late), 'DEVICE_STOPPED');
    await clock.wait(settled);
    assert.deepEqual(
      statuses.map(({ name }) => name),
      ['stopped'],
    );
    assert.equal(port.text.split('AT+RST').length, 2);
  });

  it('restarts a device of unusable firmware by AT+RST', async () => {
    await using harness = new Harness();
    const { clock, device, port, simulator } = harness;
    const write = simulator.write.bind(simulator);
    simulator.write = (bytes) => {
      if (Buffer.from(bytes).toString('latin1') !== 'AT+CWSTATE?\r\n') return write(bytes);
      port.deliver(Buffer.from('+CWSTATE:?\r\n\r\nOK\r\n'));
    };
    device.start();
    assert.ok(await clock.until(() => device.state.name === 'unusable', 30_000));
    await clock.wait(device.restart());
    assert.ok(port.text.includes('AT+RST\r\n'));
    assert.equal(device.statistics().restarts, 1);
    assert.equal(harness.events.filter(({ event }) => event === 'restart').length, 1);
    assert.ok(await clock.until(() => device.state.name === 'initializing', 1000));
  });
});

for (const [end, errorCode] of [
  ['disconnect', 'DEVICE_DISCONNECTED'],
  ['stop', 'DEVICE_STOPPED'],
] as const)
  test(`a device that stops rejects calls with ${errorCode} while a ${end} is under way, and becomes ready after a start during it`, async (harness) => {
    const { device, clock, server } = await harness.open({ uri: 'ws://host/echo' });
    server.behavior.answersCloses = false;
    const stopped = device[end]();
    await clock.advance(200);
    assert.equal(device.state.name, 'ready');
    for (const call of [
      () => device.checkLinks(),
      () => device.restart(),
      () => device.command('AT'),
    ])
      assert.equal(await code(harness, call()), errorCode);
    device.start();
    const ready = device.ready();
    await clock.wait(stopped);
    await clock.wait(ready);
    assert.equal(device.state.name, 'ready');
  });
