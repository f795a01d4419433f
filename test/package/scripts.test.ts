import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, win32 } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { temporaryFolder } from '../harness/temporary-folder';
import { node } from './npm';
import { root } from './project';

describe('npm run mutation', () => {
  for (const name of ['prser', 'driver/at/transaction/no-such.ts', 'driver/index.ts', 'toString'])
    it(`refuses the unknown subject ${name}`, () => {
      const script = join(root, 'scripts', 'mutation', 'mutation.mjs');
      const { status, stderr } = node([script, 'parser', name]);
      assert.equal(status, 2);
      assert.equal(stderr, `There is no subject, and no file of one: ${name}; see --help\n`);
    });
});

/** A copy of typescript.cjs, with a cache of its own, and a source. */
function compiler(t: TestContext) {
  const folder = temporaryFolder(t);
  const [hook, source] = [join(folder, 'scripts', 'typescript.cjs'), join(folder, 'source.ts')];
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(
    realpathSync(join(root, 'node_modules', 'esbuild')),
    join(folder, 'node_modules', 'esbuild'),
    'junction',
  );
  cpSync(join(root, 'scripts', 'typescript.cjs'), hook);
  writeFileSync(source, 'console.log(1 as number);');
  const run = (code: string): string => {
    const text = `const { compiled, prune } = require(${JSON.stringify(hook)}); ${code}`;
    const { stdout, stderr, status } = node(['-e', text, source]);
    assert.equal(status, 0, stderr);
    return stdout;
  };
  return { hook, cache: join(folder, 'node_modules', '.cache', 'esp-at-typescript'), run };
}

describe('scripts/browser-bundle.mjs', () => {
  it('names the modules with slashes, from a path of Windows too', () => {
    const path = win32.join(win32.dirname('simulator/faults/table.ts'), './all.ts');
    const script = pathToFileURL(join(root, 'scripts', 'browser-bundle.mjs')).href;
    const given = [path, win32.sep].map((each) => JSON.stringify(each)).join();
    const program = `import { withSlashes } from ${JSON.stringify(script)};
      process.stdout.write(withSlashes(${given}));`;
    const { stdout, stderr } = node(['--input-type=module', '--eval', program]);
    assert.equal(stdout, 'simulator/faults/all.ts', stderr);
  });
});

describe('scripts/typescript.cjs', () => {
  const print = 'console.log(compiled(process.argv[1]))';

  it('compiles a file again when its own code has changed, and not otherwise', (t) => {
    const { hook, cache, run } = compiler(t);
    assert.match(run(print), /^"use strict";\nconsole\.log\(1\);/);
    run(print);
    assert.equal(readdirSync(cache).length, 1);
    writeFileSync(hook, readFileSync(hook, 'utf8').replace(`'"use strict";'`, `'// changed'`));
    assert.match(run(print), /^\/\/ changed\nconsole\.log\(1\);/);
  });

  it('removes files older than a week from its cache, and no others', (t) => {
    const { cache, run } = compiler(t);
    run(print);
    const [kept = ''] = readdirSync(cache);
    const days = (count: number) => Date.now() / 1000 - count * 86_400;
    for (const [name, age] of [
      ['old.js', 8],
      [kept, 6],
    ] as const) {
      const path = join(cache, name);
      if (!existsSync(path)) writeFileSync(path, '');
      utimesSync(path, days(age), days(age));
    }
    run('prune()');
    assert.deepEqual(readdirSync(cache), [kept]);
  });
});
