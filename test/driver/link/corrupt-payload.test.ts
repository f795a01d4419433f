import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../driver/errors';
import type { Link } from '../../../driver/link/link';
import { World } from '../../harness/harness';

const LENGTH = 1500;

interface Outcome {
  readonly world: World;
  readonly link: Link;
  readonly error: unknown;
  /** Milliseconds from the message to the link being usable again. */
  readonly recovery: number;
}

/** One message whose payload is changed on its way to the device. */
async function damage(change: (payload: Buffer) => Buffer): Promise<Outcome> {
  const world = new World();
  await world.ready();
  const [link] = world.device.links;
  await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
  const farEnd = world.simulator.write.bind(world.simulator);
  world.simulator.write = (bytes) => {
    if (bytes.length === LENGTH) farEnd(change(Buffer.from(bytes)));
    else farEnd(bytes);
  };
  const from = world.clock.now();
  const sending = link.send(Buffer.alloc(LENGTH, 'x'));
  const error: unknown = await world.clock.wait(
    sending.then(
      () => undefined,
      (reason: unknown) => reason,
    ),
  );
  await world.clock.until(() => world.server.connections.length === 2 && link.state === 2, 60_000);
  return { world, link, error, recovery: world.clock.now() - from };
}

describe('a payload that is damaged on its way', () => {
  for (const lost of [1, 2, 3, 4, 50, 1000, LENGTH]) {
    it(`by the loss of ${lost} bytes is unknown, never sent; its link begins anew within 15 s`, async () => {
      const { world, link, error, recovery } = await damage((payload) => payload.subarray(lost));
      assert.ok(error instanceof EspAtError);
      assert.deepEqual([error.code, error.outcome], ['SEND_UNKNOWN', 'unknown']);
      assert.ok(recovery < 15_000, `${recovery} ms`);
      const broken = world.links.find(({ event }) => event === 'lost');
      assert.equal(broken?.error?.code, 'SEND_DAMAGED');
      await world.clock.wait(link.send('after'));
      await world.clock.advance(10);
      const [frame, ...more] = world.server.connections[1]?.frames ?? [];
      assert.deepEqual([frame?.payload.toString(), more.length], ['after', 0]);
      await world.end();
    });
  }

  it('by doubled bytes is unknown, and its link begins anew', async () => {
    const { world, error } = await damage((payload) =>
      Buffer.concat([payload.subarray(0, 10), payload]),
    );
    assert.ok(error instanceof EspAtError);
    assert.deepEqual([error.code, error.outcome], ['SEND_UNKNOWN', 'unknown']);
    assert.equal(world.server.connections.length, 2);
    await world.end();
  });

  it('is not feared when only the network is slow', async () => {
    const world = new World();
    await world.ready();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    const [connection] = world.server.connections;
    world.network.window = 100;
    connection?.stopReading();
    const sending = link.send(Buffer.alloc(LENGTH, 'x'));
    world.clock.after(7000, () => connection?.startReading());
    await world.clock.wait(sending);
    assert.ok(world.clock.now() > 7000);
    assert.equal(world.server.connections.length, 1);
    await world.end();
  });
});
