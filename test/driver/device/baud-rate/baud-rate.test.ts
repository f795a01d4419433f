import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Device } from '../../../../driver/device/device';
import { EspAtError } from '../../../../driver/errors';
import type { PortOpener, PortOpenOptions } from '../../../../driver/port/port';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import { Harness, type HarnessOptions } from '../../../harness/harness';

const START = 115_200;
const NEGOTIATED = 921_600;

/** A board on a port at the default rate, which negotiates a higher one. */
const board = (more: HarnessOptions = {}): Harness =>
  new Harness({
    serial: { baudRate: START },
    ...more,
    device: { negotiatedRate: NEGOTIATED, ...more.device },
  });

const events = (harness: Harness, name: string): (string | undefined)[] =>
  harness.events
    .filter(({ event }) => event === name)
    .map(({ error, detail }) => error?.code ?? detail);

describe('the negotiated baud rate', () => {
  it('is set right after the device is found, before other queries', async () => {
    await using harness = await board().ready();
    const lines = harness.port.text.split('\r\n').filter((line) => line.startsWith('AT'));
    assert.ok(lines.indexOf(`AT+UART_CUR=${NEGOTIATED},8,1,0,0`) < lines.indexOf('AT+WSOPEN?'));
    assert.equal(harness.hostRate, NEGOTIATED);
    assert.deepEqual(events(harness, 'warning'), []);
  });

  it('is negotiated again after a stop and a start, without a restart of the device', async () => {
    await using harness = await board().ready();
    await harness.clock.wait(harness.device.stop());
    await harness.ready();
    assert.equal(harness.hostRate, NEGOTIATED);
    assert.equal(harness.events.filter(({ event }) => event === 'restart').length, 0);
  });
});

describe('flow control', () => {
  const told = (harness: Harness) => harness.count(`AT+UART_CUR=${START},8,1,0,3\r\n`);

  it('is switched on in the device once after each start, and off on a stop', async () => {
    await using harness = await new Harness({
      serial: { baudRate: START },
      device: { flowControl: true },
    }).ready();
    assert.equal(told(harness), 1);
    await harness.clock.wait(harness.device.stop());
    assert.match(harness.port.text, /AT\+UART_CUR=115200,8,1,0,1\r\n$/);
    await harness.ready();
    assert.equal(told(harness), 2);
    harness.simulator.restart();
    await harness.until(() => harness.device.state.name !== 'ready', 60_000);
    await harness.ready();
    assert.equal(told(harness), 3);
  });

  for (const isSupported of [false, true]) {
    it(`is on at the start rate where the port ${isSupported ? 'hears nothing at' : 'does not support'} the negotiated rate, and off after a stop`, async () => {
      await using harness = board({
        serial: { baudRate: START, ...(isSupported ? {} : { maxPortBaudRate: 460_800 }) },
        device: { flowControl: true },
      });
      const deliver = harness.port.deliver.bind(harness.port);
      harness.port.deliver = (bytes) => {
        if (harness.hostRate === START) deliver(bytes);
      };
      await harness.ready();
      assert.deepEqual(events(harness, 'warning'), ['RATE_NOT_NEGOTIATED']);
      assert.ok(told(harness) >= 1);
      await harness.clock.wait(harness.device.stop());
      assert.match(harness.port.text, /AT\+UART_CUR=115200,8,1,0,1\r\n$/);
    });
  }

  for (const [options, flowControl] of [
    [{}, false],
    [{ flowControl: false }, false],
    [{ flowControl: true }, true],
    [{ flowControl: true, negotiatedRate: 'automatic' }, false],
  ] as const) {
    it(`opens the port ${flowControl ? 'with' : 'without'} RTS/CTS with the options ${JSON.stringify(options)}`, async () => {
      const settings: PortOpenOptions[] = [];
      const port: PortOpener = {
        address: 'memory',
        open: (_handlers, given) => {
          settings.push(given);
          return Promise.reject(new EspAtError('PORT_NOT_FOUND'));
        },
      };
      const clock = new VirtualClock();
      const device = new Device({ port, clock, ...options });
      device.start();
      await clock.advance(0);
      assert.deepEqual(settings, [{ flowControl }]);
      await clock.wait(device.stop());
    });
  }
});

describe('a port that cannot use the negotiated rate', () => {
  it('stays at the default rate when the port does not support it: the device gets no command', async () => {
    await using harness = await board({
      serial: { baudRate: START, maxPortBaudRate: 460_800 },
    }).ready();
    assert.deepEqual(events(harness, 'warning'), ['RATE_NOT_NEGOTIATED']);
    assert.ok(!harness.port.text.includes('UART_CUR'));
    assert.equal(
      harness.events.find(({ event }) => event === 'warning')?.error?.message,
      'The serial port does not work at 921600 baud and now uses 115200. Check the cable, or choose a lower baud rate.',
    );
  });

  it('recovers by a reset when no byte passes, and does not negotiate again', async () => {
    await using harness = await board({
      serial: { baudRate: START, maxCableBaudRate: 460_800, resetWired: true },
      device: { rtsReset: true },
    }).ready();
    assert.equal(events(harness, 'warning')[0], 'RATE_NOT_NEGOTIATED');
    assert.ok(events(harness, 'resyncstep').includes('rtsReset'));
    assert.equal(harness.hostRate, START);
    harness.simulator.restart();
    await harness.until(() => harness.device.state.name !== 'ready', 60_000);
    await harness.ready();
    assert.equal(
      events(harness, 'warning').filter((code) => code === 'RATE_NOT_NEGOTIATED').length,
      1,
    );
  });

  it('reports an unresponsive device when there is no reset either', async () => {
    await using harness = board({ serial: { baudRate: START, maxCableBaudRate: 460_800 } });
    harness.device.start();
    await harness.clock.advance(120_000);
    assert.equal(harness.device.state.error?.code, 'DEVICE_UNRESPONSIVE');
    // The user presses the reset button.
    harness.simulator.restart();
    await harness.ready();
    assert.equal(harness.hostRate, START);
  });
});
