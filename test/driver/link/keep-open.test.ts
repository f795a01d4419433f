import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { code, failure, lines, readyWorld, story } from '../../harness/ready-harness';
import { World } from '../../harness/harness';

describe('losing and keeping a link', () => {
  it('follows a close by the server, and stays closed unless it is kept open', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    world.server.connections[0]?.close(1001);
    await world.clock.advance(120_000);
    assert.deepEqual(story(world), ['opening 0', 'opened 2', 'closed-by-server 0']);
    await world.end();
  });

  it('opens again after a close by the server when it is kept open', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain', keepOpen: true }));
    world.server.connections[0]?.close(1001);
    await world.clock.advance(10_000);
    assert.deepEqual(story(world), [
      'opening 0',
      'opened 2',
      'closed-by-server 0',
      'retrying 0',
      'opening 0',
      'reopened 2',
    ]);
    await world.end();
  });

  it('follows the device while it reconnects by itself', async () => {
    const world = await readyWorld();
    await world.clock.wait(world.device.links[0].open({ uri: 'ws://host/plain' }));
    world.server.connections[0]?.drop();
    await world.clock.advance(1000);
    assert.ok([1, 3].includes(world.device.links[0].state));
    await world.clock.advance(20_000);
    assert.equal(world.device.links[0].state, 2);
    assert.equal(story(world).at(-1), 'reopened 2');
    await world.end();
  });

  it('tries a refused opening again with growing pauses, for ever', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    assert.equal(
      await code(world, link.open({ uri: 'ws://host:1/', keepOpen: true })),
      'OPEN_FAILED',
    );
    await world.clock.advance(600_000);
    const pauses = world.links.flatMap(({ retryIn }) => retryIn ?? []);
    assert.ok(pauses.length >= 8, String(pauses));
    assert.ok((pauses[0] ?? 0) <= 1000 && (pauses.at(-1) ?? 0) >= 45_000, String(pauses));
    assert.ok(Math.max(...pauses) <= 60_000, String(pauses));
    await world.clock.wait(link.close());
    const events = world.links.length;
    await world.clock.advance(300_000);
    assert.equal(world.links.length, events);
    await world.end();
  });

  it('leaves the device to the other links most of the time when a host is dead', async () => {
    const world: World = await readyWorld({
      route: ({ port }) =>
        port === 7 ? { kind: 'unroutable' } : { kind: 'server', server: world.server },
    });
    const opening = world.device.links[0].open({ uri: 'ws://host:7/', keepOpen: true });
    assert.equal(await code(world, opening), 'OPEN_FAILED');
    await world.clock.advance(3_600_000);
    world.port.written.length = 0;
    await world.clock.advance(3_600_000);
    // Each takes the device 15 s.
    const attempts = lines(world).filter((line) => line.startsWith('AT+WSOPEN=0,')).length;
    assert.ok(attempts >= 15 && attempts <= 24, `${attempts} in an hour`);
    await world.end();
  });

  it('closes with a close frame and waits for its answer', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    world.port.written.length = 0;
    await world.clock.wait(link.close({ code: 1001, reason: 'gone' }));
    assert.deepEqual(lines(world), ['AT+WSSEND=0,6,8', '\x03\xe9goneAT+WSCLOSE=0']);
    assert.deepEqual(
      world.server.connections[0]?.frames[0]?.payload,
      Buffer.from('\x03\xe9gone', 'latin1'),
    );
    assert.deepEqual(story(world), ['opening 0', 'opened 2', 'closing 4', 'closed 0']);
    await world.end();
  });

  it('closes at once without a close frame when asked to', async () => {
    const world = await readyWorld();
    await world.clock.wait(world.device.links[0].open({ uri: 'ws://host/plain' }));
    world.port.written.length = 0;
    await world.clock.wait(world.device.links[0].close({ graceful: false }));
    assert.deepEqual(lines(world), ['AT+WSCLOSE=0']);
    assert.deepEqual(world.server.connections[0]?.frames, []);
    await world.end();
  });

  it('sends what was given before a graceful close', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    const sends = [link.send('one'), link.send('two')];
    await world.clock.wait(Promise.all([...sends, link.close()]));
    assert.deepEqual(
      world.server.connections[0]?.frames
        .map(({ opcode, payload }) => [opcode, payload.toString('latin1')])
        .slice(0, 3),
      [
        [1, 'one'],
        [1, 'two'],
        [8, '\x03\xe8'],
      ],
    );
    await world.end();
  });

  it('refuses close codes that may not be sent, and reasons that do not fit', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    world.port.written.length = 0;
    for (const bad of [999, 1005, 1006, 2999, 5000, 1.5]) {
      assert.equal(await code(world, link.close({ code: bad })), 'INVALID_CLOSE_CODE');
    }
    assert.equal(await code(world, link.close({ reason: 'é'.repeat(62) })), 'INVALID_PAYLOAD');
    assert.equal(world.port.text, '');
    assert.equal(link.state, 2);
    await world.end();
  });
});

describe('a link that only seems open', () => {
  /** A ready world whose device says what `told` makes of it. */
  async function told(change: (text: string, world: World) => string): Promise<World> {
    const world: World = new World({
      simulator: {
        output: (bytes) => {
          const text = change(bytes.toString('latin1'), world);
          if (text !== '') world.port.deliver(Buffer.from(text, 'latin1'));
        },
      },
    });
    await world.ready();
    return world;
  }

  it('is found out by a refused message when its +WS_CLOSED never came', async () => {
    const world = await told((text) => text.replace('+WS_CLOSED:0\r\n', ''));
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain', keepOpen: true }));
    world.server.connections[0]?.close(1001);
    await world.clock.advance(500);
    assert.equal(link.state, 2);
    assert.equal(await code(world, link.send('into the void')), 'SEND_FAILED');
    await world.clock.until(() => world.server.connections.length === 2, 5000);
    assert.deepEqual(story(world).slice(2), ['closed-by-server 0', 'retrying 0', 'opening 0']);
    await world.end();
  });

  it('is opened again when it took nothing for as long as a message was given', async () => {
    let stalled = false;
    const world = await told((text, { clock, port }) => {
      if (!stalled) return text;
      // The device works on the message, and gives up after its 10 s.
      if (text !== '\r\nSEND OK\r\n') return text;
      clock.after(10_500, () => {
        stalled = false;
        port.deliver(Buffer.from('\r\nERROR\r\n'));
      });
      return '';
    });
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    stalled = true;
    const farEnd = world.simulator.write.bind(world.simulator);
    world.simulator.write = (bytes) => {
      if (stalled && bytes.length === 1) world.port.deliver(Buffer.from('\r\nbusy p...\r\n'));
      else farEnd(bytes);
    };
    const error = await failure(world, link.send('stuck'));
    assert.deepEqual([error.code, error.outcome], ['SEND_UNKNOWN', 'unknown']);
    await world.clock.until(() => link.state === 2 && world.server.connections.length === 2, 5000);
    const lost = world.links.find(({ event }) => event === 'lost');
    assert.deepEqual([lost?.error?.code, lost?.error?.details.seconds], ['LINK_STALLED', 11]);
    assert.equal(story(world).at(-1), 'reopened 2');
    await world.end();
  });
});
