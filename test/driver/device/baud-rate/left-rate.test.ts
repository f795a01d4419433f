import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Device } from '../../../../driver/device/device';
import type { DeviceOptions, PortMemory } from '../../../../driver/device/options';
import { seededRandom } from '../../../../simulator';
import { Harness } from '../../../harness/harness';
import { MemoryPort } from '../../../harness/port/memory-port';
import { testWith } from '../../../harness/test-with';

const START = 115_200;
const NEGOTIATED = 921_600;

/** A ready harness at a negotiated rate. */
async function negotiatedHarness(rate = NEGOTIATED): Promise<Harness> {
  const harness = await new Harness({
    serial: { baudRate: START },
    device: { negotiatedRate: rate },
  }).ready();
  assert.equal(harness.hostRate, rate);
  harness.port.written.length = 0;
  return harness;
}

const test = testWith(() => negotiatedHarness());

/** Ends the host without a word to the device, as when its process is killed. */
async function kill(harness: Harness): Promise<void> {
  harness.port.unplug();
  await harness.clock.wait(harness.device.stop());
  harness.port.plugIn();
}

/** Starts another device on the port, and returns how many milliseconds pass until it is ready. */
async function readyAgain(
  harness: Harness,
  options: Partial<DeviceOptions> = {},
): Promise<[Device, number]> {
  const { clock, hostClock, port } = harness;
  const device = new Device({ port, clock: hostClock, random: seededRandom(1), ...options });
  const start = clock.now();
  device.start();
  const isReady = await clock.until(() => device.state.name === 'ready', 60_000);
  assert.ok(isReady, JSON.stringify(device.state));
  return [device, clock.now() - start];
}

describe('a stop at a negotiated rate', () => {
  test('takes the device back to the rate it starts with', async (harness) => {
    const start = harness.clock.now();
    await harness.clock.wait(harness.device.stop());
    assert.equal(harness.port.text, `AT+UART_CUR=${START},8,1,0,1\r\n`);
    assert.ok(harness.clock.now() - start < 50, `${harness.clock.now() - start} ms`);
    const [device, ms] = await readyAgain(harness);
    assert.ok(ms < 500, `${ms} ms`);
    assert.equal(harness.hostRate, START);
    await harness.clock.wait(device.stop());
  });

  test('waits for the running command, and writes nothing into its payload', async (harness) => {
    const { clock, device, server } = await harness.open();
    const payload = 'x'.repeat(8000);
    const sent = device.links[0].send(payload).catch(() => undefined);
    await clock.advance(30);
    await clock.wait(device.stop());
    await clock.wait(sent);
    await clock.advance(1000);
    const frames = server.connections[0]?.frames.filter(({ opcode }) => opcode <= 1) ?? [];
    assert.ok(frames.map((frame) => frame.payload.toString()).join('') === payload);
    assert.match(harness.port.text, /AT\+UART_CUR=115200,8,1,0,1\r\nAT\+WSOPEN\?\r\n/);
    assert.ok(server.connections.every(({ open }) => !open));
  });

  test('ends within 400 ms although the device is gone', async (harness) => {
    harness.simulator.powerOff();
    await harness.clock.wait(harness.device.stop(), 400);
  });

  it('at the rate of the port writes nothing', async () => {
    await using harness = await new Harness({ serial: { baudRate: START } }).ready();
    harness.port.written.length = 0;
    await harness.clock.wait(harness.device.stop());
    assert.equal(harness.port.text, '');
  });
});

describe('a device that a killed host has left at a negotiated rate', () => {
  for (const rate of [230_400, 460_800, NEGOTIATED, 1_500_000, 2_000_000, 3_000_000]) {
    it(`is found at ${rate} without the option`, async () => {
      await using harness = await negotiatedHarness(rate);
      await kill(harness);
      const [device, ms] = await readyAgain(harness);
      assert.ok(ms < 4000, `${ms} ms`);
      assert.equal(harness.hostRate, rate);
      await harness.clock.wait(device.stop());
      const [again, quickly] = await readyAgain(harness);
      assert.ok(quickly < 500, `${quickly} ms`);
      await harness.clock.wait(again.stop());
    });

    it(`is found at ${rate} with a data prompt open`, async () => {
      await using harness = await negotiatedHarness(rate);
      harness.simulator.write(Buffer.from('AT+SYSMFG=2,"wss_ca","wss_ca.0",8,8000\r\n'));
      await harness.clock.advance(100);
      await kill(harness);
      const [device, ms] = await readyAgain(harness);
      assert.ok(ms < 15_000, `${ms} ms`);
      await harness.clock.wait(device.stop());
    });
  }

  it('is found at once by the next device with the same memory', async () => {
    const memory: PortMemory = {};
    await using harness = await new Harness({
      serial: { baudRate: START },
      device: { negotiatedRate: NEGOTIATED, memory },
    }).ready();
    assert.equal(memory.baudRate, NEGOTIATED);
    await kill(harness);
    const [device, ms] = await readyAgain(harness, { memory });
    assert.ok(ms < 2000, `${ms} ms`);
    await harness.clock.wait(device.stop());
    assert.equal(memory.baudRate, START);
  });

  test('is found at another rate than the configured one', async (harness) => {
    await kill(harness);
    const [device] = await readyAgain(harness, { negotiatedRate: 460_800 });
    assert.equal(harness.hostRate, 460_800);
    await harness.clock.wait(device.stop());
  });
});

test('an adapter that is unplugged at a data prompt and a negotiated rate has the prompt padded at that rate first, and the device ready within 3 s', async (harness) => {
  const { clock, device, port } = await harness.open();
  const write = harness.simulator.write.bind(harness.simulator);
  harness.simulator.write = (bytes) => {
    if (bytes.length < 5000) return write(bytes);
    harness.simulator.write = write;
    write(bytes.subarray(0, 1000));
  };
  const sent = device.links[0].send('x'.repeat(8000)).catch(() => undefined);
  assert.ok(await clock.until(() => harness.simulator.write === write, 1000));
  await clock.advance(20);
  port.unplug();
  await clock.wait(sent);
  await clock.advance(100);
  port.plugIn();
  assert.ok(await clock.until(() => device.state.name === 'ready', 3000));
  assert.equal(harness.hostRate, NEGOTIATED);
});

it('a stop with links in use ends within 950 ms although the device answers nothing', async () => {
  await using harness = new Harness();
  const { clock, device, simulator } = harness;
  await harness.ready();
  await clock.wait(device.links[0].open({ uri: 'ws://host/plain' }));
  simulator.powerOff();
  await clock.wait(device.stop(), 950);
});

it('a port that passes bytes at any rate, as a pty or native USB does, has the rate of the options in the statistics, at whatever rate the search found the device', async () => {
  const port: MemoryPort = new MemoryPort(
    () => ({ write: (bytes) => harness.simulator.write(bytes) }),
    { rate: START, setRate: () => undefined },
  );
  await using harness = new Harness({ simulator: { output: (bytes) => port.deliver(bytes) } });
  const { clock, hostClock, simulator } = harness;
  simulator.powerOff();
  await using device = new Device({ port, clock: hostClock, random: seededRandom(1) });
  device.start();
  for (const ms of [1500, 2500, 4000]) {
    await clock.advance(ms);
    simulator.powerOn();
    assert.ok(await clock.until(() => device.state.name === 'ready', 60_000));
    assert.equal(device.statistics().port.baudRate, START);
    simulator.powerOff();
    await clock.advance(60_000);
  }
  await clock.wait(device.stop());
});
