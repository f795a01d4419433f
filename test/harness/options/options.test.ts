import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';

const root = join(__dirname, '..', '..', '..');

/** The programs, each with an invalid argument. */
const programs: Readonly<Record<string, readonly string[]>> = {
  'test/verification/conformance/run.ts': ['no-such-file.jsonl'],
  'test/verification/deployments/run.ts': ['--stride', '0'],
  'test/verification/exhaustive/run.ts': ['--pairs', '1', '--host-stalls'],
  'test/verification/faults/run.ts': ['--fault', 'nothing'],
  'test/verification/fuzz/run.ts': ['--seconds', 'soon'],
  'test/verification/soak/run.ts': ['--minutes', '0'],
  'bench/run.ts': ['nothing'],
};

function execute(program: string, args: readonly string[]) {
  return new Promise<{ code: unknown; out: string; error: string }>((resolve) => {
    const all = [...process.execArgv, join(root, program), ...args];
    execFile(process.execPath, all, { cwd: root }, (failure, out, error) => {
      resolve({ code: failure?.code ?? 0, out, error });
    });
  });
}

for (const [program, invalid] of Object.entries(programs)) {
  it(`${program}: --help prints its usage, an invalid argument exits with 2 and one sentence`, async () => {
    const help = await execute(program, ['--help']);
    assert.deepEqual([help.code, help.error], [0, '']);
    assert.match(help.out, /^npm run [a-z]+ /);
    for (const args of [['--no-such-option'], invalid]) {
      const { code, out, error } = await execute(program, args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(error, /^[^\n]+; see --help\n$/);
      assert.ok(error.includes(args.at(-1) ?? ''), error);
    }
  });
}
