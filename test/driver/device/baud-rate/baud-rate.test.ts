import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Device } from '../../../../driver/device/device';
import { EspAtError } from '../../../../driver/errors';
import type { PortOpener, PortSettings } from '../../../../driver/port/port';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import { Harness, type HarnessOptions } from '../../../harness/harness';

const USUAL = 115_200;
const RAISED = 921_600;
const SIZE = 64 * 1024;

/** A board on a port at the default rate, which negotiates a higher one. */
const board = (more: HarnessOptions = {}): Harness =>
  new Harness({
    serial: { baudRate: USUAL },
    ...more,
    device: { negotiatedRate: RAISED, ...more.device },
  });

const events = (harness: Harness, name: string): (string | undefined)[] =>
  harness.events
    .filter(({ event }) => event === name)
    .map(({ error, detail }) => error?.code ?? detail);

/** Milliseconds that 64 KiB take to the server, and from it. */
async function transfer(harness: Harness): Promise<readonly [out: number, back: number]> {
  const { clock, device, server } = harness;
  const [link] = device.links;
  await clock.wait(link.open({ uri: 'ws://host/plain', config: { bufferBytes: 8192 } }));
  const [connection] = server.connections;
  assert.ok(connection);
  const start = clock.now();
  for (let sent = 0; sent < SIZE; sent += 8192) {
    await clock.wait(link.send(Buffer.alloc(8192, sent >> 13), { opcode: 2 }));
  }
  const arrived = () => connection.frames.reduce((sum, { payload }) => sum + payload.length, 0);
  assert.ok(await clock.until(() => arrived() === SIZE, 1000), `${arrived()} bytes`);
  const sent = clock.now();
  connection.send({ fin: true, opcode: 2, payload: Buffer.alloc(SIZE, 'x') });
  assert.ok(await clock.until(() => harness.messages.length > 0, 60_000));
  assert.equal(harness.messages[0]?.bytes.length, SIZE);
  return [sent - start, clock.now() - sent];
}

describe('the negotiated baud rate', () => {
  it('makes a transfer of 64 KiB at least seven times faster', async () => {
    const slow = board({ device: { negotiatedRate: 0 } });
    await slow.ready();
    const usual = await transfer(slow);
    await slow.end();
    const fast = board();
    await fast.ready();
    const raised = await transfer(fast);
    await fast.end();
    for (const way of [0, 1] as const) {
      const factor = usual[way] / raised[way];
      assert.ok(factor >= 7, `${usual[way]} ms and ${raised[way]} ms: ${factor} times`);
      // The port allows a factor of eight; more would be a measuring error.
      assert.ok(factor <= 8.01, `${factor} times`);
    }
  });

  it('is set right after the device is found, before other queries', async () => {
    await using harness = board();
    await harness.ready();
    const lines = harness.port.text.split('\r\n').filter((line) => line.startsWith('AT'));
    assert.ok(lines.indexOf(`AT+UART_CUR=${RAISED},8,1,0,0`) < lines.indexOf('AT+WSOPEN?'));
    assert.equal(harness.hostRate, RAISED);
    assert.deepEqual(events(harness, 'warning'), []);
  });

  it('configures both flow control lines in the device', async () => {
    await using harness = board({ device: { flowControl: true } });
    await harness.ready();
    assert.ok(harness.port.text.includes(`AT+UART_CUR=${RAISED},8,1,0,3\r\n`));
  });

  it('is negotiated again when the device restarts at it', async () => {
    await using harness = board();
    await harness.ready();
    const [link] = harness.device.links;
    await harness.clock.wait(link.open({ uri: 'ws://host/echo', keepOpen: true }));
    harness.simulator.restart();
    assert.ok(await harness.clock.until(() => harness.device.state.name !== 'ready', 120_000));
    assert.ok(await harness.clock.until(() => link.stateNumber === 2, 60_000));
    assert.equal(harness.hostRate, RAISED);
  });

  it('that the device kept is restored when the host starts again', async () => {
    await using harness = board();
    await harness.ready();
    await harness.clock.wait(harness.device.stop());
    // Node-RED starts again; the device has kept its rate.
    await harness.ready();
    assert.equal(harness.hostRate, RAISED);
    assert.equal(harness.events.filter(({ event }) => event === 'restart').length, 0);
  });

  it('finds a device that is still at the rate of earlier settings', async () => {
    await using harness = new Harness({
      serial: { baudRate: 460_800 },
      simulator: { baud: USUAL },
    });
    await harness.ready();
    assert.equal(harness.hostRate, USUAL);
  });
});

describe('flow control', () => {
  const told = (harness: Harness) =>
    harness.port.text.split(`AT+UART_CUR=${USUAL},8,1,0,3\r\n`).length - 1;

  it('is switched on in the device once after each start, and off on a stop', async () => {
    await using harness = new Harness({
      serial: { baudRate: USUAL },
      device: { flowControl: true },
    });
    await harness.ready();
    assert.equal(told(harness), 1);
    await harness.clock.wait(harness.device.stop());
    assert.match(harness.port.text, /AT\+UART_CUR=115200,8,1,0,1\r\n$/);
    await harness.ready();
    assert.equal(told(harness), 2);
    harness.simulator.restart();
    assert.ok(await harness.clock.until(() => harness.device.state.name !== 'ready', 60_000));
    await harness.ready();
    assert.equal(told(harness), 3);
  });

  for (const isSupported of [false, true]) {
    it(`is on at the start rate where the port ${isSupported ? 'hears nothing at' : 'does not support'} the negotiated rate, and off after a stop`, async () => {
      await using harness = board({
        serial: { baudRate: USUAL, ...(isSupported ? {} : { maxPortBaudRate: 460_800 }) },
        device: { flowControl: true },
      });
      const deliver = harness.port.deliver.bind(harness.port);
      harness.port.deliver = (bytes) => {
        if (harness.hostRate === USUAL) deliver(bytes);
      };
      await harness.ready();
      assert.deepEqual(events(harness, 'warning'), ['RATE_NOT_NEGOTIATED']);
      assert.ok(told(harness) >= 1);
      await harness.clock.wait(harness.device.stop());
      assert.match(harness.port.text, /AT\+UART_CUR=115200,8,1,0,1\r\n$/);
    });
  }

  for (const flowControl of [undefined, false, true]) {
    it(`opens the port ${flowControl ? 'with' : 'without'} RTS/CTS when the option is ${flowControl}`, async () => {
      const settings: PortSettings[] = [];
      const port: PortOpener = {
        address: 'memory',
        open: (_handlers, given) => {
          settings.push(given);
          return Promise.reject(new EspAtError('PORT_NOT_FOUND'));
        },
      };
      const clock = new VirtualClock();
      const device = new Device({ port, clock, ...(flowControl !== undefined && { flowControl }) });
      device.start();
      await clock.advance(0);
      assert.deepEqual(settings, [{ flowControl: flowControl === true }]);
      await clock.wait(device.stop());
    });
  }

  it('is not configured when the option is off', async () => {
    await using harness = new Harness({ serial: { baudRate: USUAL } });
    await harness.ready();
    assert.ok(!harness.port.text.includes('UART'));
  });
});

describe('a port that cannot use the negotiated rate', () => {
  it('stays at the default rate when the port does not support it: the device gets no command', async () => {
    await using harness = board({ serial: { baudRate: USUAL, maxPortBaudRate: 460_800 } });
    await harness.ready();
    assert.deepEqual(events(harness, 'warning'), ['RATE_NOT_NEGOTIATED']);
    assert.ok(!harness.port.text.includes('UART_CUR'));
    assert.equal(
      harness.events.find(({ event }) => event === 'warning')?.error?.message,
      'The serial port does not work at 921600 baud and now uses 115200. Check the cable, or choose a lower baud rate.',
    );
  });

  it('recovers by a reset when no byte passes, and does not negotiate again', async () => {
    await using harness = board({
      serial: { baudRate: USUAL, maxCableBaudRate: 460_800, resetWired: true },
      device: { rtsReset: true },
    });
    await harness.ready();
    assert.equal(events(harness, 'warning')[0], 'RATE_NOT_NEGOTIATED');
    assert.ok(events(harness, 'resyncstep').includes('rtsReset'));
    assert.equal(harness.hostRate, USUAL);
    harness.simulator.restart();
    assert.ok(await harness.clock.until(() => harness.device.state.name !== 'ready', 60_000));
    await harness.ready();
    assert.equal(
      events(harness, 'warning').filter((code) => code === 'RATE_NOT_NEGOTIATED').length,
      1,
    );
  });

  it('reports an unresponsive device when there is no reset either', async () => {
    await using harness = board({ serial: { baudRate: USUAL, maxCableBaudRate: 460_800 } });
    harness.device.start();
    await harness.clock.advance(120_000);
    assert.equal(harness.device.state.error?.code, 'DEVICE_UNRESPONSIVE');
    // A hand presses the button.
    harness.simulator.restart();
    await harness.ready();
    assert.equal(harness.hostRate, USUAL);
  });
});
