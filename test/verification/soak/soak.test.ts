import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { whyNoPty } from '../../harness/port/pty';
import { root } from '../../package/project';

test(
  'a short soak accounts for every message and prints its figures',
  { skip: whyNoPty() ?? false },
  () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'scripts', 'soak.mjs'), '--minutes', '0.3', '--seed', '1'],
      { encoding: 'utf8' },
    );
    assert.equal(status, 0, stdout + stderr);
    const [, confirmed, made] = /confirmed (\d+).*made (\d+)/.exec(stdout) ?? [];
    assert.ok(Number(confirmed) > 20 && Number(made) > 50, stdout);
    assert.match(stdout, /in the flow \d+/);
    assert.match(stdout, /heap +\d+/);
    assert.match(stdout, /^0 violations$/m);
  },
);
