import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Hooks } from '../../../simulator';
import { World } from '../../harness/harness';

/** Firmware whose commands of this kind are not built in. */
const without = (pattern: RegExp): Hooks => ({
  fate: (line) => (pattern.test(line) ? { kind: 'error' } : { kind: 'obey' }),
});

const steps = (world: World): (string | undefined)[] =>
  world.events.filter(({ event }) => event === 'recovery').map(({ detail }) => detail);

describe('finding out what is there', () => {
  it('names the menuconfig switch when the firmware has no WebSocket commands, and tries no further', async () => {
    const hooks = without(/^AT\+(CMD\?|WS)/);
    const world = new World({ simulator: { hooks } });
    world.device.start();
    await world.clock.until(() => world.device.status.state === 'unusable', 10_000);
    assert.equal(
      world.device.status.error?.message,
      'This firmware has no WebSocket commands. Build ESP-AT with menuconfig: Component config > AT > AT WebSocket command support.',
    );
    await assert.rejects(world.device.links[0].open({ uri: 'ws://host/' }), {
      code: 'NO_WEBSOCKET',
    });
    const before = world.port.text.length;
    await world.clock.advance(600_000);
    assert.equal(world.port.text.length, before);
    // Flashed and restarted, it is looked at again.
    hooks.fate = () => ({ kind: 'obey' });
    world.simulator.restart();
    await world.ready();
    await world.end();
  });

  it('asks old firmware without AT+CMD? for each command', async () => {
    for (const firmware of ['A', 'B', 'C', 'D'] as const) {
      const world = new World({ firmware, simulator: { hooks: without(/^AT\+CMD\?/) } });
      await world.ready();
      assert.equal(world.device.capabilities?.firmware, firmware);
      await world.end();
    }
  });

  it('needs no restart when the device is up, with echo on or off, or in the middle of a line', async () => {
    for (const left of ['', 'ATE0\r\n', 'AT+WSOP', 'AT+WSHEAD=20\r\n']) {
      const world = new World();
      world.simulator.write(Buffer.from(left));
      await world.clock.advance(100);
      await world.ready();
      assert.ok(!world.port.text.includes('AT+RST'), JSON.stringify(left));
      assert.ok(!world.events.some(({ event }) => event === 'restarted'), JSON.stringify(left));
      assert.equal(world.simulator.echo, false);
      await world.end();
    }
  });

  it('writes settings to flash only when that is chosen', async () => {
    for (const store of [false, true]) {
      const world = new World({ device: { store } });
      await world.ready();
      assert.ok(world.port.text.includes(`AT+SYSSTORE=${store ? 1 : 0}\r\n`));
      await world.end();
    }
  });
});

describe('a device that answers nothing at all', () => {
  const line = { rate: 115_200, reset: true };

  /** A device that is ready, and then hears nothing until it is restarted. */
  async function deaf(hardwareReset: boolean): Promise<World> {
    let dead = false;
    const world = new World({ line, device: { hardwareReset } });
    await world.ready();
    const write = world.simulator.write.bind(world.simulator);
    const restart = world.simulator.restart.bind(world.simulator);
    world.simulator.write = (bytes) => (dead ? undefined : write(bytes));
    world.simulator.restart = () => {
      dead = false;
      restart();
    };
    dead = true;
    return world;
  }

  it('is reset by RTS where that is allowed, and is up again', async () => {
    const world = await deaf(true);
    assert.ok(await world.clock.until(() => world.device.status.state !== 'ready', 120_000));
    assert.ok(await world.clock.until(() => world.device.status.state === 'ready', 120_000));
    assert.equal(steps(world).at(-1), 'reset');
    await world.end();
  });

  it('is not touched by RTS where it is not', async () => {
    const world = await deaf(false);
    await world.clock.advance(300_000);
    assert.ok(!steps(world).includes('reset'));
    assert.equal(world.device.status.error?.code, 'DEVICE_SILENT');
    assert.ok(world.port.opened > 1, 'the port was opened afresh');
    await world.end();
  });
});
