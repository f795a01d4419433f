import assert from 'node:assert/strict';
import { it } from 'node:test';
import { UnderWay } from '../../../nodes/shared/device/under-way';

it('work of a node is aborted when the node ends, and work that begins after that', async () => {
  const underWay = new UnderWay();
  const signals: AbortSignal[] = [];
  const work = (signal: AbortSignal): Promise<void> => {
    signals.push(signal);
    return Promise.resolve();
  };
  const before = underWay.run(work);
  underWay.end();
  await before;
  await underWay.run(work);
  assert.deepEqual(
    signals.map(({ reason }) => (reason as { code?: string } | undefined)?.code),
    ['ABORTED', 'ABORTED'],
  );
});
