import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Hooks } from '../../../simulator';
import { Harness } from '../../harness/harness';

/** Firmware whose commands of this kind are not built in. */
const without = (pattern: RegExp): Hooks => ({
  outcome: (line) => (pattern.test(line) ? { kind: 'error' } : { kind: 'execute' }),
});

const steps = (harness: Harness): (string | undefined)[] =>
  harness.events.filter(({ event }) => event === 'resyncstep').map(({ detail }) => detail);

describe('detecting the firmware', () => {
  it('names the menuconfig option and stops when the firmware has no WebSocket commands', async () => {
    const hooks = without(/^AT\+(CMD\?|WS)/);
    await using harness = new Harness({ simulator: { hooks } });
    harness.device.start();
    assert.ok(await harness.clock.until(() => harness.device.state.name === 'unusable', 10_000));
    assert.equal(
      harness.device.state.error?.message,
      'This firmware has no WebSocket commands. Build ESP-AT with menuconfig: Component config > AT > AT WebSocket command support.',
    );
    await assert.rejects(harness.device.links[0].open({ uri: 'ws://host/' }), {
      code: 'NO_WEBSOCKET',
    });
    const before = harness.port.text.length;
    await harness.clock.advance(600_000);
    assert.equal(harness.port.text.length, before);
    // Flashed and restarted, it is looked at again.
    hooks.outcome = () => ({ kind: 'execute' });
    harness.simulator.restart();
    await harness.ready();
  });

  it('probes each command on old firmware without AT+CMD?', async () => {
    for (const firmware of ['A', 'B', 'C', 'D'] as const) {
      const harness = new Harness({ firmware, simulator: { hooks: without(/^AT\+CMD\?/) } });
      await harness.ready();
      assert.equal(harness.device.capabilities?.firmware, firmware);
      await harness.end();
    }
  });

  it('needs no restart when the device runs, with echo on or off, or in the middle of a line', async () => {
    for (const left of ['', 'ATE0\r\n', 'AT+WSOP', 'AT+WSHEAD=20\r\n']) {
      const harness = new Harness();
      harness.simulator.write(Buffer.from(left));
      await harness.clock.advance(100);
      await harness.ready();
      assert.ok(!harness.port.text.includes('AT+RST'), JSON.stringify(left));
      assert.ok(!harness.events.some(({ event }) => event === 'restart'), JSON.stringify(left));
      assert.equal(harness.simulator.echo, false);
      await harness.end();
    }
  });

  it('writes settings to flash only when the option is on', async () => {
    for (const store of [false, true]) {
      const harness = new Harness({ device: { store } });
      await harness.ready();
      assert.ok(harness.port.text.includes(`AT+SYSSTORE=${store ? 1 : 0}\r\n`));
      await harness.end();
    }
  });
});

describe('an unresponsive device', () => {
  const serial = { baudRate: 115_200, resetWired: true };

  /** A device that is ready, and then hears nothing until it is restarted. */
  async function deaf(rtsReset: boolean): Promise<Harness> {
    let dead = false;
    const harness = new Harness({ serial, device: { rtsReset } });
    await harness.ready();
    const write = harness.simulator.write.bind(harness.simulator);
    const restart = harness.simulator.restart.bind(harness.simulator);
    harness.simulator.write = (bytes) => (dead ? undefined : write(bytes));
    harness.simulator.restart = () => {
      dead = false;
      restart();
    };
    dead = true;
    return harness;
  }

  it('is reset by RTS when the option allows it, and is ready again', async () => {
    await using harness = await deaf(true);
    assert.ok(await harness.clock.until(() => harness.device.state.name !== 'ready', 120_000));
    assert.ok(await harness.clock.until(() => harness.device.state.name === 'ready', 120_000));
    assert.equal(steps(harness).at(-1), 'rtsReset');
  });

  it('is not reset by RTS when the option is off', async () => {
    await using harness = await deaf(false);
    await harness.clock.advance(300_000);
    assert.deepEqual(steps(harness), ['lineEnd', 'lineEnd', 'lineEnd', 'restart', 'search']);
    assert.equal(harness.device.state.error?.code, 'DEVICE_UNRESPONSIVE');
    assert.ok(harness.port.opened > 1, 'the port was opened afresh');
  });

  it('loses the port at once where the port has no baud rate to search for', async () => {
    await using harness = new Harness();
    await harness.ready();
    harness.simulator.write = () => undefined;
    assert.ok(await harness.clock.until(() => harness.port.opened > 1, 120_000));
    assert.equal(steps(harness).at(-1), 'reopen');
  });
});
