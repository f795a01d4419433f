import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { World, type WorldOptions } from '../../harness/harness';

const USUAL = 115_200;
const RAISED = 921_600;
const SIZE = 64 * 1024;

/** A board on a line at the usual rate, to be raised. */
const board = (more: WorldOptions = {}): World =>
  new World({
    line: { rate: USUAL },
    ...more,
    device: { raiseTo: RAISED, ...more.device },
  });

const events = (world: World, name: string): (string | undefined)[] =>
  world.events
    .filter(({ event }) => event === name)
    .map(({ error, detail }) => error?.code ?? detail);

/** Milliseconds that 64 KiB take to the server, and from it. */
async function transfer(world: World): Promise<readonly [out: number, back: number]> {
  const { clock, device, server } = world;
  const [link] = device.links;
  await clock.wait(link.open({ uri: 'ws://host/plain', config: { bufferSize: 8192 } }));
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
  assert.ok(await clock.until(() => world.messages.length > 0, 60_000));
  assert.equal(world.messages[0]?.bytes.length, SIZE);
  return [sent - start, clock.now() - sent];
}

describe('raising the rate', () => {
  it('makes a transfer of 64 KiB at least seven times faster', async () => {
    const slow = board({ device: { raiseTo: 0 } });
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
      // The line itself allows eight times; more would be a measuring error.
      assert.ok(factor <= 8.01, `${factor} times`);
    }
  });

  it('comes before anything is asked but what finds the device', async () => {
    const world = board();
    await world.ready();
    const lines = world.port.text.split('\r\n').filter((line) => line.startsWith('AT'));
    assert.ok(lines.indexOf(`AT+UART_CUR=${RAISED},8,1,0,0`) < lines.indexOf('AT+WSOPEN?'));
    assert.equal(world.hostRate, RAISED);
    assert.deepEqual(events(world, 'warning'), []);
    await world.end();
  });

  it('tells the device of both wires of flow control', async () => {
    const world = board({ device: { flowControl: true } });
    await world.ready();
    assert.ok(world.port.text.includes(`AT+UART_CUR=${RAISED},8,1,0,3\r\n`));
    await world.end();
  });

  it('is done again by itself when the device restarts while raised', async () => {
    const world = board();
    await world.ready();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/echo', keepOpen: true }));
    world.simulator.restart();
    assert.ok(await world.clock.until(() => world.device.status.state !== 'ready', 120_000));
    assert.ok(await world.clock.until(() => link.state === 2, 60_000));
    assert.equal(world.hostRate, RAISED);
    await world.end();
  });

  it('is undone before a device is looked for that was left raised', async () => {
    const world = board();
    await world.ready();
    await world.clock.wait(world.device.stop());
    // Node-RED starts again; the device has kept its rate.
    await world.ready();
    assert.equal(world.hostRate, RAISED);
    assert.equal(world.events.filter(({ event }) => event === 'restarted').length, 0);
    await world.end();
  });

  it('finds a device that was left at a rate of former settings', async () => {
    const world = new World({ line: { rate: 460_800 }, simulator: { baud: USUAL } });
    await world.ready();
    assert.equal(world.hostRate, USUAL);
    await world.end();
  });
});

describe('flow control', () => {
  const told = (world: World) =>
    world.port.text.split(`AT+UART_CUR=${USUAL},8,1,0,3\r\n`).length - 1;

  it('is switched on in the device, too, after each of its starts and no oftener', async () => {
    const world = new World({ line: { rate: USUAL }, device: { flowControl: true } });
    await world.ready();
    assert.equal(told(world), 1);
    await world.clock.wait(world.device.stop());
    await world.ready();
    assert.equal(told(world), 1);
    world.simulator.restart();
    assert.ok(await world.clock.until(() => world.device.status.state !== 'ready', 60_000));
    await world.ready();
    assert.equal(told(world), 2);
    await world.end();
  });

  it('is left alone where it was not chosen', async () => {
    const world = new World({ line: { rate: USUAL } });
    await world.ready();
    assert.ok(!world.port.text.includes('UART'));
    await world.end();
  });
});

describe('a line that does not bear the raised rate', () => {
  it('stays at the usual one when the port does not know it: the device is not told at all', async () => {
    const world = board({ line: { rate: USUAL, knows: 460_800 } });
    await world.ready();
    assert.deepEqual(events(world, 'warning'), ['RATE_NOT_RAISED']);
    assert.ok(!world.port.text.includes('UART_CUR'));
    assert.equal(
      world.events.find(({ event }) => event === 'warning')?.error?.message,
      'The line does not work at 921600 bits a second and stays at 115200. Check the cable, or choose a lower rate.',
    );
    await world.end();
  });

  it('is brought back by a reset when nothing passes, and not raised again', async () => {
    const world = board({
      line: { rate: USUAL, bears: 460_800, reset: true },
      device: { hardwareReset: true },
    });
    await world.ready();
    assert.equal(events(world, 'warning')[0], 'RATE_NOT_RAISED');
    assert.ok(events(world, 'recovery').includes('reset'));
    assert.equal(world.hostRate, USUAL);
    world.simulator.restart();
    await world.clock.until(() => world.device.status.state !== 'ready', 60_000);
    await world.ready();
    assert.equal(events(world, 'warning').filter((code) => code === 'RATE_NOT_RAISED').length, 1);
    await world.end();
  });

  it('says that the device is silent when there is no reset either', async () => {
    const world = board({ line: { rate: USUAL, bears: 460_800 } });
    world.device.start();
    await world.clock.advance(120_000);
    assert.equal(world.device.status.error?.code, 'DEVICE_SILENT');
    // A hand presses the button.
    world.simulator.restart();
    await world.ready();
    assert.equal(world.hostRate, USUAL);
    await world.end();
  });
});
