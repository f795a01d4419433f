import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../../driver/errors';
import { World } from '../../../harness/harness';

/** Milliseconds within which a device is of use again after bytes were lost. */
const PROMISE = 15_000;

/** A link whose server says something short every so many milliseconds, on a line at 115200. */
async function chattyWorld(every: number): Promise<World> {
  const world = new World({ firmware: 'C', line: { rate: 115_200 } });
  const [link] = world.device.links;
  world.server.manners.onAccept = (connection) => {
    const say = (): void => {
      if (!connection.open) return;
      connection.send({ fin: true, opcode: 1, payload: Buffer.from('{"t":21.5}') });
      world.clock.after(every, say);
    };
    say();
  };
  await world.ready();
  await world.clock.wait(link.open({ uri: 'ws://host/plain', keepOpen: true }));
  await world.clock.advance(1000);
  return world;
}

/** What the host writes loses a byte once, its first or its last, when it starts with `text`. */
function loseByte(world: World, which: 'first' | 'last', text: string): void {
  const write = world.simulator.write.bind(world.simulator);
  world.simulator.write = (bytes) => {
    if (!Buffer.from(bytes).toString('latin1').startsWith(text)) return write(bytes);
    world.simulator.write = write;
    write(which === 'first' ? bytes.subarray(1) : bytes.subarray(0, -1));
  };
}

describe('a server that never falls silent', () => {
  for (const every of [10, 20, 50, 100]) {
    it(`hides no lost payload byte, speaking every ${every} ms`, async () => {
      const world = await chattyWorld(every);
      const [link] = world.device.links;
      loseByte(world, 'first', 'hello');
      const start = world.clock.now();
      const outcome = await world.clock.wait(
        link.send('hello').then(
          () => 'sent',
          (error: unknown) => (error instanceof EspAtError ? error.outcome : String(error)),
        ),
      );
      assert.equal(outcome, 'unknown');
      const isOfUse = () => world.device.status.state === 'ready' && link.state === 2;
      assert.ok(await world.clock.until(isOfUse, PROMISE));
      await world.clock.wait(link.send('again'));
      const took = world.clock.now() - start;
      assert.ok(took < PROMISE, `${took} ms`);
      await world.end();
    });

    it(`hides no lost line end, speaking every ${every} ms`, async () => {
      const world = await chattyWorld(every);
      loseByte(world, 'last', 'AT+WSOPEN?');
      const start = world.clock.now();
      await world.clock.wait(world.device.query());
      const took = world.clock.now() - start;
      assert.ok(took < PROMISE, `${took} ms`);
      await world.end();
    });
  }

  it('hides no damaged length', async () => {
    const world = await chattyWorld(20);
    world.simulator.inject(Buffer.from('+WS_DATA:0,9000,x'));
    const isTold = () => world.links.some(({ event }) => event === 'gap');
    const start = world.clock.now();
    assert.ok(await world.clock.until(isTold, PROMISE));
    assert.ok(world.clock.now() - start < 3000);
    await world.end();
  });
});
