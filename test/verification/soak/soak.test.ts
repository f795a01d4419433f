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
    const [, confirmed, made] = /confirmed (\d+).*made (\d+)/.exec(stdout) ?? [];
    assert.ok(Number(confirmed) > 20 && Number(made) > 50, stdout);
    assert.match(stdout, /in the flow \d+/);
    assert.match(stdout, /heap +\d+/);
    assert.match(stdout, /^0 violations$/m);
  },
);
