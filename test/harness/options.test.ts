import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const root = join(__dirname, '..', '..');

/** The programs of this project's runs, and something that each of them cannot mean. */
const programs = {
  'test/conformance/run.ts': ['--firmware', 'E'],
  'test/verification/exhaustive/run.ts': ['--stride', '0'],
  'test/verification/faults/run.ts': ['--fault', 'nothing'],
  'test/verification/fuzz/run.ts': ['--seconds', 'soon'],
  'bench/run.ts': ['nothing'],
};

function started(program: string, args: readonly string[]) {
  return new Promise<{ code: unknown; out: string; problem: string }>((resolve) => {
    const all = ['--import', 'tsx', join(root, program), ...args];
    execFile(process.execPath, all, { cwd: root }, (error, out, problem) => {
      resolve({ code: error?.code ?? 0, out, problem });
    });
  });
}

for (const [program, nonsense] of Object.entries(programs)) {
  describe(`the command line of ${program}`, () => {
    it('shows how it is used', async () => {
      const { code, out, problem } = await started(program, ['--help']);
      assert.deepEqual([code, problem], [0, '']);
      assert.match(out, /^npm run [a-z]+ /);
    });

    for (const args of [['--no-such-option'], nonsense]) {
      it(`says in a sentence that it cannot mean ${args.join(' ')}`, async () => {
        const { code, out, problem } = await started(program, args);
        assert.deepEqual([code, out], [2, '']);
        assert.match(problem, /^[^\n]+; see --help\n$/);
        assert.ok(problem.includes(args.at(-1) ?? ''), problem);
      });
    }
  });
}
