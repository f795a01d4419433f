import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Hooks } from '../../../simulator';
import { Harness } from '../../harness/harness';
import { test } from '../../harness/ready-harness';

/** Hooks of firmware that answers ERROR to lines of this pattern. */
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
    await harness.until(() => harness.device.state.name === 'unusable', 10_000);
    assert.equal(
      harness.device.state.error?.message,
      'This firmware has no WebSocket commands. Build ESP-AT with menuconfig: Component config > AT > AT WebSocket command support.',
    );
    await assert.rejects(harness.link.open({ uri: 'ws://host/' }), {
      code: 'NO_WEBSOCKET',
    });
    const before = harness.port.text.length;
    await harness.clock.advance(600_000);
    assert.equal(harness.port.text.length, before);
    // After a restart the driver detects the firmware again: it may have been flashed.
    hooks.outcome = () => ({ kind: 'execute' });
    harness.simulator.restart();
    await harness.ready();
  });

  it('probes each command on old firmware without AT+CMD?', async () => {
    for (const firmware of ['A', 'B', 'C', 'D'] as const) {
      await using harness = await new Harness({
        firmware,
        simulator: { hooks: without(/^AT\+CMD\?/) },
      }).ready();
      assert.equal(harness.device.capabilities?.firmware, firmware);
    }
  });
});

describe('a class C device', () => {
  it('does not seem class B where the port has corrupted the command that tells them apart', async () => {
    await using harness = new Harness({ firmware: 'C' });
    let corrupted = 0;
    harness.alterInput = (text) => {
      if (corrupted > 0 || !text.startsWith('AT+WSCFG=')) return text;
      corrupted++;
      return text.replace('=', '-');
    };
    await harness.ready();
    assert.deepEqual([corrupted, harness.device.capabilities?.firmware], [1, 'C']);
  });
});

describe('initializing a device', () => {
  it('needs no restart with echo on or off, in the middle of a line, or at a data prompt', async () => {
    for (const left of ['', 'ATE0\r\n', 'AT+WSOP', 'AT+WSHEAD=20\r\n']) {
      await using harness = new Harness();
      harness.simulator.write(Buffer.from(left));
      await harness.clock.advance(100);
      await harness.ready();
      assert.ok(!harness.port.text.includes('AT+RST'), JSON.stringify(left));
      assert.ok(!harness.events.some(({ event }) => event === 'restart'), JSON.stringify(left));
      assert.equal(harness.simulator.echo, false);
    }
  });

  it('writes settings to flash only when the option is on', async () => {
    for (const store of [false, true]) {
      await using harness = await new Harness({ device: { store } }).ready();
      assert.ok(harness.port.text.includes(`AT+SYSSTORE=${store ? 1 : 0}\r\n`));
    }
  });
});

describe('an unresponsive device', () => {
  const serial = { baudRate: 115_200, resetWired: true };

  /** A device that is ready, and then receives nothing until it is restarted. */
  async function deafHarness(rtsReset: boolean): Promise<Harness> {
    let isDeaf = false;
    const harness = await new Harness({ serial, device: { rtsReset } }).ready();
    const write = harness.simulator.write.bind(harness.simulator);
    const restart = harness.simulator.restart.bind(harness.simulator);
    harness.simulator.write = (bytes) => (isDeaf ? undefined : write(bytes));
    harness.simulator.restart = () => {
      isDeaf = false;
      restart();
    };
    isDeaf = true;
    return harness;
  }

  it('is reset by RTS when the option allows it, and is ready again', async () => {
    await using harness = await deafHarness(true);
    await harness.until(() => harness.device.state.name !== 'ready', 120_000);
    await harness.until(() => harness.device.state.name === 'ready', 120_000);
    assert.equal(steps(harness).at(-1), 'rtsReset');
  });

  it('on a port whose RTS fails: reports why, and has its port opened again', async () => {
    await using harness = await deafHarness(true);
    harness.simulator.restart = () => {
      throw new Error('ENOTTY');
    };
    const { opened } = harness.port;
    await harness.until(() => harness.port.opened > opened, 300_000);
    const names = harness.events.map(({ event, detail }) => detail ?? event);
    assert.equal(names[names.indexOf('rtsReset') + 1], 'warning');
    const warning = harness.events.find(({ event }) => event === 'warning');
    assert.equal(warning?.error?.code, 'PORT_FAILED');
    assert.equal(harness.device.state.error?.code, 'DEVICE_UNRESPONSIVE');
  });

  it('is not reset by RTS when the option is off: after three searches its port opens again', async () => {
    await using harness = await deafHarness(false);
    const { clock, port } = harness;
    const { opened } = port;
    assert.ok(await clock.until(() => port.opened > opened, 300_000));
    const taken = ['lineEnd', 'lineEnd', 'lineEnd', 'restart', 'search', 'reopen'];
    assert.deepEqual(steps(harness), taken);
    assert.equal(harness.device.state.error?.code, 'DEVICE_UNRESPONSIVE');
  });

  test('has its port opened again, without a search, where the port has no baud rate', async (harness) => {
    harness.simulator.write = () => undefined;
    await harness.until(() => harness.port.opened > 1, 120_000);
    assert.equal(steps(harness).at(-1), 'reopen');
  });
});
