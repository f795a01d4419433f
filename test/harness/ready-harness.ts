import assert from 'node:assert/strict';
import { EspAtError } from '../../driver/errors';
import { World, type WorldOptions } from './harness';

/** A world with a device that is ready, and what was written since. */
export async function readyWorld(options: WorldOptions = {}): Promise<World> {
  const world = new World(options);
  await world.ready();
  world.port.written.length = 0;
  return world;
}

/** How a promise is rejected, once virtual time has let it settle. */
export async function failure(world: World, promise: Promise<unknown>): Promise<EspAtError> {
  try {
    await world.clock.wait(promise);
  } catch (error) {
    assert.ok(error instanceof EspAtError, String(error));
    return error;
  }
  throw new Error('nothing went wrong');
}

/** Its code. */
export const code = async (world: World, promise: Promise<unknown>) =>
  (await failure(world, promise)).code;

/** The lines that were written. */
export function lines(world: World): string[] {
  return world.port.text.split('\r\n').filter((line) => line !== '');
}

/** What a link told, and its state then. */
export function story(world: World, link = 0): string[] {
  return world.links
    .filter((each) => each.link === link)
    .map(({ event, state }) => `${event} ${state}`);
}
