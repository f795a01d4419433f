import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { smoke, type Row } from '../../bench/suite';
import { suites } from '../../bench/suites';
import { whyNoPty } from '../harness/port/pty';

/** Suites that need a pty. */
const overPtys = ['node-red', 'recorder'];

/** Figures are for `npm run bench`, on a machine that does nothing else; here it counts that there are some. */
describe('each benchmark', () => {
  for (const [name, load] of Object.entries(suites)) {
    const skip = overPtys.includes(name) ? whyNoPty() : undefined;
    it(`${name} prints rows of figures`, { skip: skip ?? false }, async () => {
      const { run } = await load();
      const rows: Row[] = [];
      for await (const row of await run(smoke)) rows.push(row);
      assert.ok(rows.length > 0);
      for (const row of rows) {
        assert.equal(row.suite, name);
        for (const [key, value] of Object.entries(row)) {
          const plain = typeof value === 'number' ? Number.isFinite(value) : value !== undefined;
          assert.ok(plain, `${name}: ${key} is ${String(value)}`);
        }
      }
    });
  }
});
