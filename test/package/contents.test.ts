import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { asObjects, asText, filesIn, notBuilt, root } from './project';

describe('published package', { skip: notBuilt() }, () => {
  const packed = notBuilt() === false ? packedFiles() : [];

  it('holds icons, examples and documents', () => {
    const icons = filesIn('icons').map((icon) => `dist/nodes/${icon}`);
    const pages = filesIn('docs').filter((path) => /^docs\/[^/]+\.md$/.test(path));
    const others = ['README.md', 'LICENSE', 'CHANGELOG.md'];
    for (const files of [icons, filesIn('examples'), pages, others]) {
      assert.ok(files.length > 0);
      assert.deepEqual(
        files.filter((path) => !packed.includes(path)),
        [],
      );
    }
  });

  it('holds no duplicates, source maps, tests, scripts, demo or TypeScript sources', () => {
    const needless =
      /^(icons|locales|test|scripts|bench|node_modules|coverage|\.)|\.map$|(?<!\.d)\.ts$/;
    assert.deepEqual(
      packed.filter((path) => needless.test(path)),
      [],
    );
  });
});

function packedFiles(): string[] {
  const json = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const [result] = asObjects(JSON.parse(json), 'npm pack');
  return asObjects(result?.files, 'files').map(({ path }) => asText(path, 'path'));
}
