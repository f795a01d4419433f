import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { World } from '../../harness/harness';

/** A ready world, and what the device did not expect, put in front of what the host says next. */
async function readyWorld(): Promise<World> {
  const world = new World();
  await world.ready();
  await world.clock.wait(world.device.links[0].open({ uri: 'ws://host/plain' }));
  world.port.written.length = 0;
  return world;
}

function noise(world: World, bytes = '\xff'): void {
  world.simulator.write(Buffer.from(bytes, 'latin1'));
}

describe('noise on the idle line', () => {
  it('costs a message nothing: it is said again once both sides are in step', async () => {
    const world = await readyWorld();
    noise(world);
    await world.clock.wait(world.device.links[0].send('hello'));
    await world.clock.advance(10);
    assert.equal(
      world.port.text,
      'AT+WSSEND=0,5\r\n\r\nAT+SYSSTORE?\r\nAT+WSSEND=0,5\r\nhelloAT+WSOPEN?\r\n',
    );
    assert.deepEqual(
      world.server.connections[0]?.frames.map(({ payload }) => payload.toString()),
      ['hello'],
    );
    await world.end();
  });

  it('does not spoil a question', async () => {
    const world = await readyWorld();
    noise(world);
    const links = await world.clock.wait(world.device.query());
    assert.deepEqual(
      links.map(({ state }) => state),
      [2, 0, 0],
    );
    await world.end();
  });

  for (const command of ['AT+WSHEAD=0', 'AT+WSHEAD=4', 'AT+WSCFG', 'AT+WSDATAFMT', 'AT+WSOPEN=1']) {
    it(`does not spoil an opening, in front of ${command}`, async () => {
      let spoiled = false;
      const world: World = new World({
        simulator: {
          hooks: {
            fate: (line) => {
              if (spoiled || !line.startsWith(command)) return { kind: 'obey' };
              spoiled = true;
              return { kind: 'error' };
            },
          },
        },
      });
      await world.ready();
      const [, link] = world.device.links;
      const options = { uri: 'ws://host/plain', headers: [{ name: 'A', value: 'b' }] };
      await world.clock.wait(link.open(options));
      assert.ok(spoiled);
      assert.equal(link.state, 2);
      assert.deepEqual(
        world.server.requests.map(({ headers }) => headers.filter(([name]) => name === 'A')),
        [[['A', 'b']]],
      );
      await world.end();
    });
  }

  it('that is a line end of its own never lets a command become a payload', async () => {
    const world = await readyWorld();
    const link = world.device.links[0];
    // Its ERROR comes where the answer to the command is waited for, and the prompt after it.
    const first = link.send('hello');
    world.port.deliver(Buffer.from('\r\nERROR\r\n'));
    const second = link.send('second message');
    const settled = await world.clock.wait(Promise.allSettled([first, second]));
    await world.clock.advance(20_000);
    const received = world.server.connections.flatMap(({ frames }) =>
      frames.filter(({ opcode }) => opcode === 1).map(({ payload }) => payload.toString()),
    );
    assert.ok(!received.some((text) => text.includes('AT')), received.join('|'));
    for (const [index, text] of ['hello', 'second message'].entries()) {
      const sent = settled[index]?.status === 'fulfilled';
      assert.equal(received.filter((each) => each === text).length, sent ? 1 : 0, text);
    }
    await world.end();
  });
});
