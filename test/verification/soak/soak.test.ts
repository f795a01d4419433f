import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNoPty } from '../../harness/port/pty';
import { node } from '../../package/npm';

test(
  'a short soak has no violations, and prints its figures',
  { skip: whyNoPty() ?? false },
  () => {
    const args = 'scripts/run.mjs test/verification/soak/run.ts --minutes 0.3 --seed 1';
    const { status, stdout, stderr } = node(args.split(' '));
    assert.equal(status, 0, stdout + stderr);
    const count = (what: string) => Number(new RegExp(`(\\d+) ${what}`).exec(stdout)?.[1]);
    assert.ok(count('confirmed') > 20 && count('made') > 50 && count('in the flow') > 0, stdout);
    assert.match(stdout, /heap +\d+/);
    assert.match(stdout, /^0 violations$/m);
  },
);
