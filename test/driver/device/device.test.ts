import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Device } from '../../../driver/device/device';
import { EspAtError } from '../../../driver/errors';
import type { Port, PortHandlers } from '../../../driver/port/port';
import { VirtualClock } from '../../harness/virtual-clock';
import { World } from '../../harness/harness';

/** The code a promise is rejected with, once virtual time has let it settle. */
async function code(world: World, promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await world.clock.wait(promise);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof EspAtError, String(error));
    return error.code;
  }
}

describe('bringing a device up', () => {
  for (const firmware of ['A', 'B', 'C', 'D'] as const) {
    it(`recognises firmware of class ${firmware} by its commands`, async () => {
      const world = new World({ firmware });
      await world.ready();
      assert.equal(world.device.capabilities?.firmware, firmware);
      assert.equal(world.device.capabilities.maxSend, firmware === 'D' ? 16_384 : 8192);
      await world.end();
    });
  }

  it('asks nothing but what it has to, in order, one at a time', async () => {
    const world = new World({ firmware: 'D' });
    await world.ready();
    assert.deepEqual(world.port.text.split('\r\n'), [
      '',
      'AT+SYSLOG?',
      'ATE0',
      'AT+SYSSTORE=0',
      'AT+WSOPEN?',
      'AT+GMR',
      'AT+CMD?',
      'AT+CWSTATE?',
      '',
    ]);
    assert.deepEqual(
      world.statuses.map(({ state }) => state),
      ['absent', 'starting', 'ready'],
    );
    await world.end();
  });

  it('finds a device that waits for the payload of an earlier life', async () => {
    const world = new World();
    world.simulator.write(Buffer.from('ATE0\r\n'));
    await world.clock.advance(100);
    world.simulator.write(Buffer.from('AT+WSHEAD=3000\r\n'));
    await world.clock.advance(100);
    await world.ready();
    assert.equal(world.device.status.state, 'ready');
    await world.end();
  });

  for (const [name, firmware] of [
    ['AT+WSDATAFMT', 'D'],
    ['AT+WSHEAD', 'C'],
    ['AT+WSOPEN', 'A'],
  ] as const) {
    it(`tries ${name} when it is not listed: its name may have been damaged`, async () => {
      const damage = (said: Buffer) =>
        Buffer.from(said.toString('latin1').replace(`"${name}"`, '"AT+WSNONE"'), 'latin1');
      const world: World = new World({
        firmware,
        simulator: { output: (said) => world.port.deliver(damage(said)) },
      });
      await world.ready();
      assert.equal(world.device.capabilities?.firmware, firmware);
      await world.end();
    });
  }

  it('closes links of an earlier life', async () => {
    const world = new World();
    world.simulator.write(Buffer.from('AT+WSOPEN=1,"ws://host/plain"\r\n'));
    await world.clock.advance(1000);
    assert.equal(world.server.connections.length, 1);
    await world.ready();
    await world.clock.advance(1000);
    assert.equal(world.server.connections[0]?.open, false);
    assert.deepEqual(
      await world.clock.wait(world.device.query()).then((links) => links.map(({ state }) => state)),
      [0, 0, 0],
    );
    await world.end();
  });

  it('comes up when the device is only starting', async () => {
    const world = new World({ simulator: { running: false, bootMs: 700 } });
    world.simulator.powerOn();
    await world.ready();
    await world.end();
  });

  it('keeps looking for a device that is not powered, and finds it when it is', async () => {
    const world = new World({ simulator: { running: false } });
    world.device.start();
    await world.clock.advance(60_000);
    assert.equal(world.device.status.error?.code, 'DEVICE_SILENT');
    const before = world.clock.now();
    world.simulator.powerOn();
    assert.ok(await world.clock.until(() => world.device.status.state === 'ready', 60_000));
    assert.ok(world.clock.now() - before < 5000, `took ${world.clock.now() - before} ms`);
    await world.end();
  });

  for (const queue of [
    { messages: 0, bytes: 1 },
    { messages: 1, bytes: NaN },
    { messages: 1e9, bytes: 1 },
  ]) {
    it(`is refused a queue of ${queue.messages} messages and ${queue.bytes} bytes`, () => {
      const refused = { code: 'INVALID_SETTING' };
      assert.throws(() => new Device({ port: new World().port, queue }), refused);
    });
  }

  it('says why there is no port, and opens it when it is there', async () => {
    const world = new World();
    world.port.refusal = 'PORT_PERMISSION';
    world.device.start();
    await world.clock.advance(10_000);
    assert.deepEqual(
      [world.device.status.state, world.device.status.error?.code],
      ['absent', 'PORT_PERMISSION'],
    );
    world.port.plugIn();
    assert.ok(await world.clock.until(() => world.device.status.state === 'ready', 5000));
    await world.end();
  });
});

describe('a device that is up', () => {
  it('answers questions about its links', async () => {
    const world = new World();
    await world.ready();
    await world.clock.wait(world.device.links[1].open({ uri: 'ws://host/plain', owner: 'a' }));
    const answer = await world.clock.wait(world.device.query());
    assert.deepEqual(answer, [
      { link: 0, event: 'asked', state: 0, uri: '', owner: undefined },
      { link: 1, event: 'asked', state: 2, uri: 'ws://host/plain', owner: 'a' },
      { link: 2, event: 'asked', state: 0, uri: '', owner: undefined },
    ]);
    await world.end();
  });

  it('asks about its links once for all who ask while it is at work', async () => {
    const world = new World();
    await world.ready();
    const [link] = world.device.links;
    const opening = link.open({ uri: 'ws://host/slow=2000' });
    await world.clock.advance(100);
    const before = world.port.text.split('AT+WSOPEN?').length;
    const asking = Array.from({ length: 1000 }, () => world.device.query());
    await world.clock.wait(opening);
    const answers = await world.clock.wait(Promise.all(asking));
    assert.ok(answers.every(([first]) => first?.state === 2));
    // One belongs to the opening.
    assert.equal(world.port.text.split('AT+WSOPEN?').length - before, 2);
    await world.end();
  });

  it('answers each question afresh, and after a restart too', async () => {
    const world = new World({ simulator: { bootMs: 400 } });
    await world.ready();
    const [link] = world.device.links;
    const opening = code(world, link.open({ uri: 'ws://host/slow=5000' }));
    await world.clock.advance(100);
    const asking = code(world, world.device.query());
    world.simulator.restart();
    assert.deepEqual([await opening, await asking], ['DEVICE_RESTARTED', 'DEVICE_RESTARTED']);
    await world.clock.until(() => world.device.status.state === 'ready');
    assert.equal((await world.clock.wait(world.device.query()))[0]?.state, 0);
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    assert.equal((await world.clock.wait(world.device.query()))[0]?.state, 2);
    await world.end();
  });

  it('runs a command in the words of its user, and refuses what would upset it', async () => {
    const world = new World();
    await world.ready();
    assert.deepEqual(await world.clock.wait(world.device.command('AT+CWSTATE?')), [
      '+CWSTATE:2,"espressif"',
    ]);
    world.port.written.length = 0;
    for (const text of [
      'AT+RST',
      'ATE1',
      'AT+WSSEND=0,5',
      'AT\r\nAT+RST',
      'AT+UART_CUR=9600,8,1,0,0',
      '',
      'reset',
      'AT+CIPSEND=5',
    ]) {
      assert.equal(
        await code(world, world.device.command(text)),
        'INVALID_COMMAND',
        JSON.stringify(text),
      );
    }
    assert.equal(world.port.text, '');
    assert.equal(await code(world, world.device.command('AT+NOPE?')), 'COMMAND_FAILED');
    await world.end();
  });

  it('knows links by number and by digit, and no others', async () => {
    const { device } = new World();
    assert.equal(device.link(1), device.links[1]);
    assert.equal(device.link('2'), device.links[2]);
    for (const id of [3, -1, '3', '', ' 1', 1.5, null, undefined, {}, [], true]) {
      assert.throws(() => device.link(id), { code: 'INVALID_LINK' });
    }
  });

  it('is up again after a restart, with the links that are kept open, within 2 s of boot and join', async () => {
    const world = new World({ simulator: { bootMs: 400 } });
    await world.ready();
    await world.clock.wait(world.device.links[0].open({ uri: 'ws://host/echo', keepOpen: true }));
    await world.clock.wait(world.device.links[1].open({ uri: 'ws://host/plain' }));
    await world.clock.advance(20_000);
    const before = world.clock.now();
    world.simulator.restart();
    assert.ok(await world.clock.until(() => world.device.status.state === 'starting', 2000));
    assert.ok(await world.clock.until(() => world.device.links[0].state === 2, 20_000));
    // Boot 0.4 s, joined and addressed 1.1 s after it.
    assert.ok(world.clock.now() - before < 3600, `took ${world.clock.now() - before} ms`);
    assert.equal(world.device.links[1].state, 0);
    const story = world.links
      .filter(({ link }) => link === 0)
      .map(({ event, state }) => `${event} ${state}`);
    assert.deepEqual(story, ['opening 0', 'opened 2', 'device-lost 0', 'opening 0', 'reopened 2']);
    assert.ok(world.events.some(({ event }) => event === 'restarted'));
    await world.end();
  });

  it('is up again after its cable was out, within 3 s of its return', async () => {
    const world = new World();
    await world.ready();
    await world.clock.wait(world.device.links[0].open({ uri: 'ws://host/echo', keepOpen: true }));
    world.port.unplug();
    await world.clock.advance(60_000);
    assert.deepEqual(
      [world.device.status.state, world.device.status.error?.code],
      ['absent', 'PORT_NOT_FOUND'],
    );
    world.port.plugIn();
    const before = world.clock.now();
    assert.ok(await world.clock.until(() => world.device.links[0].state === 2, 10_000));
    assert.ok(world.clock.now() - before < 3000, `took ${world.clock.now() - before} ms`);
    await world.end();
  });

  it('stops at once whatever it is doing, leaves no timer, and rejects what is under way', async () => {
    const world = new World();
    await world.ready();
    const opening = code(world, world.device.links[0].open({ uri: 'ws://host/silent' }));
    await world.clock.advance(500);
    const before = world.clock.now();
    await world.clock.wait(world.device.stop());
    assert.ok(world.clock.now() - before < 1000);
    assert.equal(await opening, 'DEVICE_STOPPED');
    assert.equal(world.port.isOpen, false);
    assert.equal(world.device.status.state, 'stopped');
    world.simulator.destroy();
    await world.clock.advance(1000);
    assert.equal(world.clock.pending, 0);
  });

  it('can be started again after it was stopped', async () => {
    const world = new World();
    await world.ready();
    await world.clock.wait(world.device.stop());
    await world.ready();
    assert.equal(world.port.opened, 2);
    await world.end();
  });

  it('rests when it is stopped by whoever is told first that it runs', async () => {
    const world = new World();
    world.device.once('status', () => void world.device.stop());
    world.device.start();
    await world.clock.advance(5000);
    assert.deepEqual([world.device.status.state, world.port.opened], ['stopped', 0]);
    await world.end();
  });

  it('tries again when its port is lost in the moment in which it opens', async () => {
    const clock = new VirtualClock();
    let [opened, closed] = [0, 0];
    const open = async (handlers: PortHandlers): Promise<Port> => {
      opened++;
      handlers.lost(new EspAtError('PORT_LOST'));
      return {
        pendingBytes: 0,
        write: () => undefined,
        close: async () => {
          closed++;
        },
      };
    };
    const device = new Device({ clock, port: { address: 'flaky', open } });
    device.start();
    await clock.advance(10_000);
    assert.equal(device.status.error?.code, 'PORT_LOST');
    assert.ok(opened > 8, `opened ${opened} times`);
    assert.equal(closed, opened);
    await clock.wait(device.stop());
  });

  it('runs or rests as was asked for last, also while it is stopping', async () => {
    const world = new World();
    const { device, clock } = world;
    await world.ready();
    const stopping = device.stop();
    device.start();
    await clock.wait(stopping);
    assert.ok(await clock.until(() => device.status.state === 'ready', 10_000));
    assert.equal(world.port.opened, 2);
    void device.stop();
    device.start();
    await clock.wait(device.stop());
    await clock.advance(60_000);
    assert.equal(device.status.state, 'stopped');
    assert.equal(world.port.opened, 2);
    assert.deepEqual(
      world.statuses.map(({ state }) => state).filter((state) => state !== 'starting'),
      ['absent', 'ready', 'stopped', 'absent', 'ready', 'stopped'],
    );
    await world.end();
  });
});
