import assert from 'node:assert/strict';
import { keptOf } from '../../harness/garbage';
import { test } from '../../harness/ready-harness';

test('the networks of a scan are in memory no longer than their caller has them', async (harness) => {
  const found: WeakRef<object>[] = [];
  for (let scan = 0; scan < 20; scan++)
    found.push(new WeakRef(await harness.clock.wait(harness.device.scanNetworks())));
  const kept = keptOf(found);
  assert.ok(kept <= 2, `${kept} of 20`);
});
