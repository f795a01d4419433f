import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../driver/errors';
import { World } from '../../harness/harness';

const secret = 's3cret "quoted", \\ and é';
const headers = [{ name: 'X-Key', value: secret }];

/** Everything a world was told, and everything that failed, as one text. */
function told(world: World, errors: readonly unknown[] = []): string {
  const spoken = [...world.events, ...world.links, ...world.statuses];
  return JSON.stringify([
    ...spoken.map((each) => ({ ...each, message: 'error' in each && each.error?.message })),
    ...errors.map((error) => (error instanceof EspAtError ? [error.message, error.details] : null)),
  ]);
}

describe('the headers of an opening', () => {
  it('are read back, and written again when the line damaged one', async () => {
    const world = new World();
    await world.ready();
    const farEnd = world.simulator.write.bind(world.simulator);
    let damaged = 0;
    world.simulator.write = (bytes) => {
      const text = Buffer.from(bytes).toString('latin1');
      const hit = text.startsWith('X-Key: ') && damaged++ === 0;
      farEnd(hit ? Buffer.from(text.replace('s3', 's4'), 'latin1') : bytes);
    };
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain', headers }));
    assert.equal(damaged, 2);
    const [request] = world.server.requests;
    assert.deepEqual(
      request?.headers.filter(([name]) => name === 'X-Key'),
      [['X-Key', Buffer.from(secret).toString('latin1')]],
    );
    await world.end();
  });

  it('never show in events or errors, however the answer that holds them is damaged', async () => {
    for (let at = 0; at < 60; at++) {
      const world: World = new World({
        simulator: {
          output: (bytes) => {
            const text = bytes.toString('latin1');
            const found = text.indexOf('+WSHEAD:');
            if (found < 0) world.port.deliver(bytes);
            else
              world.port.deliver(
                Buffer.concat([bytes.subarray(0, found + at), bytes.subarray(found + at + 1)]),
              );
          },
        },
      });
      await world.ready();
      const failure = await world.clock.wait(
        world.device.links[0]
          .open({ uri: 'ws://host/plain', headers })
          .catch((error: unknown) => error),
      );
      await world.clock.advance(1000);
      assert.ok(!told(world, [failure]).includes('quoted'), `byte ${at}`);
      await world.end();
    }
  });
});
