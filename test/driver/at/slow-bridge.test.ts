import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { World } from '../../harness/harness';

describe('a slow line behind a bridge', () => {
  it('is given the time that a payload needs on it', async () => {
    const world = new World({ line: { rate: 9600, bridged: true }, simulator: { baud: 9600 } });
    await world.ready();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    world.events.length = 0;
    const payload = 'x'.repeat(16_000);
    const start = world.clock.now();
    await world.clock.wait(link.send(payload));
    assert.ok(world.clock.now() - start > 16_000);
    await world.clock.advance(100);
    const pieces = world.server.connections[0]?.frames.filter(({ opcode }) => opcode <= 1);
    assert.equal(pieces?.map((piece) => piece.payload.toString()).join(''), payload);
    assert.deepEqual(world.events, []);
    await world.end();
  });
});
