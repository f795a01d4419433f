import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Link } from '../../../driver/link/link';
import { World } from '../../harness/harness';

/** Keeps a link open from now on, however its first attempt ends. */
function keepOpen(link: Link, path: string): void {
  link.open({ uri: `ws://host/${path}`, keepOpen: true }).catch(() => undefined);
}

function connectionsTo(world: World, path: string): number {
  return world.server.connections.filter(({ request }) => request.target === `/${path}`).length;
}

describe('a link that is kept open', () => {
  it('is open as soon as its device has a network again, however long that was away', async () => {
    const world = new World();
    await world.ready();
    const [link] = world.device.links;
    keepOpen(link, 'plain');
    await world.clock.until(() => link.state === 2, 5000);
    world.simulator.wifi.lose();
    await world.clock.advance(3_600_000);
    assert.equal(link.state, 0);
    const pauses = world.links.flatMap(({ retryIn }) => retryIn ?? []);
    assert.ok(pauses.length > 10 && Math.max(...pauses) > 40_000, String(pauses));
    world.simulator.wifi.recover();
    await world.clock.until(() => world.events.at(-1)?.event === 'address', 60_000);
    await world.clock.advance(500);
    assert.equal(link.state, 2);
    await world.end();
  });

  it('does not have the device restart again and again, where opening it brings that about', async () => {
    // Class A does not survive a server that closes at once.
    const world = new World({ firmware: 'A', simulator: { bootMs: 400 } });
    await world.ready();
    world.server.manners.onAccept = (connection) => {
      if (connection.request.target === '/refusing') connection.close(1008);
    };
    const [steady, fatal] = world.device.links;
    keepOpen(steady, 'steady');
    keepOpen(fatal, 'refusing');
    await world.clock.advance(60_000);
    const restarts = () => world.events.filter(({ event }) => event === 'restarted').length;
    assert.ok(connectionsTo(world, 'refusing') >= 5, 'it is tried');
    world.events.length = world.links.length = 0;
    await world.clock.advance(1_800_000);
    assert.ok(restarts() > 3 && restarts() < 20, `${restarts()} restarts in half an hour`);
    const retries = world.links.filter(({ link, event }) => link === 1 && event === 'retrying');
    assert.equal(retries.length, restarts());
    // Each restart takes the other link down as well, but not for long.
    assert.equal(steady.state, 2);
    assert.ok(world.links.every(({ link, event }) => link === 1 || event !== 'retrying'));
    world.server.manners.onAccept = undefined;
    await world.clock.advance(300_000);
    assert.deepEqual([steady.state, fatal.state], [2, 2]);
    await world.end();
  });

  it('is opened at once after a restart that comes by chance', async () => {
    const world = new World({ simulator: { bootMs: 400 } });
    await world.ready();
    const [link] = world.device.links;
    keepOpen(link, 'plain');
    await world.clock.until(() => link.state === 2, 5000);
    for (let restart = 0; restart < 10; restart++) {
      world.simulator.restart();
      await world.clock.advance(6000);
      assert.equal(link.state, 2);
    }
    assert.ok(!world.links.some(({ event }) => event === 'retrying'));
    assert.equal(connectionsTo(world, 'plain'), 11);
    await world.end();
  });

  it('is found to be closed unheard although other links keep the line busy', async () => {
    const world: World = new World({
      simulator: {
        output: (bytes) => {
          const text = bytes.toString('latin1').replace('+WS_CLOSED:1\r\n', '');
          if (text !== '') world.port.deliver(Buffer.from(text, 'latin1'));
        },
      },
    });
    await world.ready();
    const [busy, closed] = world.device.links;
    keepOpen(busy, 'busy');
    keepOpen(closed, 'closed');
    await world.clock.until(() => busy.state === 2 && closed.state === 2, 5000);
    const speak = () => {
      const payload = Buffer.from('still here');
      world.server.connections[0]?.send({ fin: true, opcode: 1, payload });
      cancel = world.clock.after(1000, speak);
    };
    let cancel = world.clock.after(0, speak);
    world.server.connections[1]?.close();
    await world.clock.advance(125_000);
    assert.equal(connectionsTo(world, 'closed'), 2);
    assert.equal(closed.state, 2);
    cancel();
    await world.end();
  });
});
