import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Network } from '../../../driver/device/network';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { unchecked } from '../../harness/refused';

it('a query for the network that fails for a reason unknown to the driver is a warning, and repeats', async () => {
  const clock = new VirtualClock();
  const warnings: string[] = [];
  let joined = true;
  const context = {
    run: () => (joined ? Promise.resolve(['+CWSTATE:2,"home"']) : Promise.reject(new Error('EIO'))),
    options: { clock, port: { address: 'fake' } },
    signal: new AbortController().signal,
    emitter: { emit: (_: string, error: unknown) => warnings.push(String(error)) },
  };
  const network = new Network(unchecked(context), () => undefined);
  await network.setUp();
  joined = false;
  network.urc(unchecked({ kind: 'wifi-disconnected' }));
  warnings.length = 0;
  await clock.advance(61_000);
  assert.equal(warnings.length, 2);
  for (const warning of warnings) assert.match(warning, /: The port fake does not work.*EIO/);
});
