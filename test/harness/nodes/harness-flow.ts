import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import { Harness, type HarnessOptions } from '../harness';
import { wholeFlow } from './flows';
import type { NodeRed } from './node-red';

/** Starts a flow on a new harness, in virtual time. */
type Begin = (flow?: readonly object[], options?: HarnessOptions) => Promise<Harness>;

/** Ends flow and harness after each test, and asserts that they leave no timer and no open port. */
export function harnessFlow(nodeRed: NodeRed): Begin {
  let harness: Harness | undefined;
  afterEach(async () => {
    await nodeRed.unload();
    if (!harness) return;
    assert.deepEqual([harness.hostClock.pending, nodeRed.timers], [0, 0], 'timers are left');
    assert.equal(harness.port.isOpen, false, 'the port is left open');
    await harness.end();
    harness = undefined;
  });
  return async (flow = wholeFlow(), options = {}) => {
    const made = new Harness(options);
    harness = made;
    await nodeRed.load(() => made.device, flow, {}, undefined, made.clock);
    return made;
  };
}
