import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Harness, type HarnessOptions } from '../../harness/harness';
import { uncaught } from '../../harness/uncaught';
import type { DeviceState } from '../../../driver/device/options';

const START = 115_200;

const throws = () => {
  throw new Error('of the listener');
};

describe('a listener of a device that throws', () => {
  it('of state changes: the device gets ready, and returns after a loss of the port', async () => {
    await using harness = new Harness();
    harness.device.on('statechange', throws);
    const errors = await uncaught(async () => {
      await harness.ready();
      harness.port.unplug();
      await harness.clock.advance(1000);
      harness.port.plugIn();
      await harness.until(() => harness.device.state.name === 'ready', 5000);
    });
    harness.device.off('statechange', throws);
    assert.deepEqual(new Set(errors), new Set(['of the listener']));
  });

  it('of restarts that the baud rate shows: the initialization goes on, with no failure of the port', async () => {
    await using harness = await new Harness({
      serial: { baudRate: START },
      device: { negotiatedRate: 921_600 },
    }).ready();
    harness.device.on('restart', throws);
    const errors = await uncaught(async () => {
      harness.simulator.restart();
      await harness.until(() => harness.device.state.name !== 'ready', 60_000);
      await harness.until(() => harness.device.state.name === 'ready', 60_000);
    });
    assert.deepEqual(errors, ['of the listener']);
    assert.deepEqual(harness.warnings(), []);
  });
});

const uri = 'ws://host/plain';

/** A ready harness, with a link that is kept open. */
async function openHarness(options?: HarnessOptions): Promise<Harness> {
  const harness = await new Harness(options).ready();
  await harness.open({ uri, keepOpen: true });
  await harness.clock.advance(1000);
  return harness;
}

/** Disconnects the device within the first `statechange` to a state, and forgets what came before. */
function disconnectAt(harness: Harness, name: DeviceState['name']): void {
  const { device } = harness;
  const listener = () => {
    if (device.state.name !== name) return;
    device.off('statechange', listener);
    harness.linkEvents.length = harness.events.length = 0;
    harness.port.written.length = 0;
    void device.disconnect();
  };
  device.on('statechange', listener);
}

describe('a listener that disconnects the device', () => {
  it('in its statechange to ready: its links do not begin to open', async () => {
    await using harness = await openHarness();
    disconnectAt(harness, 'ready');
    harness.simulator.restart();
    await harness.until(() => harness.device.state.name === 'disconnected', 9000);
    assert.deepEqual(harness.linkEvents, []);
    assert.ok(!harness.port.text.includes('AT+WSOPEN='), harness.port.text);
  });

  it('in its statechange to initializing: the driver returns it to its start setting, and begins nothing', async () => {
    await using harness = await openHarness({
      serial: { baudRate: 115_200, rtsCts: true },
      device: { flowControl: true },
    });
    disconnectAt(harness, 'initializing');
    harness.simulator.restart();
    await harness.until(() => harness.device.state.name === 'disconnected', 9000);
    assert.equal(harness.port.text, 'AT+UART_CUR=115200,8,1,0,1\r\n');
  });

  it('in its statechange after a failed initialization: the driver does not reset it', async () => {
    await using harness = new Harness({
      serial: { baudRate: 115_200, resetWired: true },
      device: { rtsReset: true },
    });
    const { device } = harness;
    harness.port.deliver = () => undefined;
    device.on('statechange', ({ error }) => {
      if (error?.code === 'DEVICE_UNRESPONSIVE') void device.disconnect();
    });
    device.start();
    await harness.until(() => device.state.name === 'disconnected', 60_000);
    assert.deepEqual(
      harness.events.map(({ event, error }) => error?.code ?? event),
      ['DEVICE_UNRESPONSIVE'],
    );
  });

  it('in a statechange of a link at its restart: the driver returns it to its start setting, and begins nothing', async () => {
    await using harness = await openHarness({
      serial: { baudRate: 115_200, rtsCts: true },
      device: { flowControl: true },
    });
    harness.link.on('statechange', ({ cause }) => {
      if (cause !== 'device-lost') return;
      harness.port.written.length = 0;
      void harness.device.disconnect();
    });
    harness.simulator.restart();
    await harness.until(() => harness.device.state.name === 'disconnected', 9000);
    assert.equal(harness.port.text, 'AT+UART_CUR=115200,8,1,0,1\r\n');
    assert.deepEqual(
      harness.states.map(({ name }) => name),
      ['absent', 'initializing', 'ready', 'disconnected'],
    );
  });
});
