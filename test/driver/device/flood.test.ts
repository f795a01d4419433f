import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PacedLine } from '../../../simulator/paced-uart';
import { World } from '../../harness/harness';

/** A device at 115200 with a link of an earlier life, whose server says something every so many milliseconds. */
async function floodedWorld(every: number): Promise<World> {
  const world = new World({ firmware: 'C', simulator: { uart: new PacedLine().factory } });
  world.simulator.write(Buffer.from('ATE0\r\n'));
  await world.clock.advance(100);
  world.simulator.write(Buffer.from('AT+WSOPEN=0,"ws://host/plain"\r\n'));
  await world.clock.advance(1000);
  const [connection] = world.server.connections;
  assert.ok(connection);
  const payload = Buffer.from(`\r\nOK\r\n${'flood '.repeat(40)}`);
  const say = (): void => {
    if (!connection.open) return;
    connection.send({ fin: true, opcode: 1, payload });
    world.clock.after(every, say);
  };
  say();
  return world;
}

describe('a link of an earlier life that never falls silent', () => {
  it('is closed, when answers still get through', async () => {
    const world = await floodedWorld(30);
    await world.ready();
    assert.equal(world.server.connections[0]?.open, false);
    assert.ok(!world.port.text.includes('AT+RST'));
    await world.end();
  });

  it('is ended by a restart, when its flood lets no answer through', async () => {
    const world = await floodedWorld(5);
    await world.ready();
    assert.equal(world.server.connections[0]?.open, false);
    assert.equal(world.port.text.split('AT+RST\r\n').length - 1, 1);
    await world.end();
  });
});
