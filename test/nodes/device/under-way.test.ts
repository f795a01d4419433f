import assert from 'node:assert/strict';
import { it } from 'node:test';
import { UnderWay } from '../../../nodes/shared/device/under-way';

it('work under way may listen to its signal several times without a warning of Node.js', async () => {
  const warnings: unknown[] = [];
  const note = (warning: Error) => void warnings.push(warning.message);
  process.on('warning', note);
  try {
    await new UnderWay().run(async (signal) => {
      for (let count = 0; count < 11; count++) signal.addEventListener('abort', () => undefined);
      await new Promise(setImmediate);
    });
  } finally {
    process.off('warning', note);
  }
  assert.deepEqual(warnings, []);
});
