import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Harness } from '../../harness/harness';
import { uncaught } from '../../harness/uncaught';

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
