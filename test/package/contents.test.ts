import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { asObjects, asText, filesIn, nodeFiles, notBuilt, object, root } from './project';

describe('published package', { skip: notBuilt() }, () => {
  const packed = notBuilt() === false ? packedFiles() : [];
  const manifest = object('package.json');

  it('holds what its package.json points to', () => {
    const named = [manifest.main, manifest.types].map((path) => asText(path, 'path'));
    for (const path of named) assert.ok(packed.includes(path), path);
    assert.ok(packed.includes('dist/driver/index.d.ts'));
    assert.ok(packed.includes('dist/simulator/cli.js'));
    assert.ok(packed.includes('dist/simulator/index.d.ts'));
  });

  it('holds code, dialog, help and labels of every node', () => {
    for (const [type, path] of nodeFiles()) {
      const folder = path.slice(0, path.lastIndexOf('/'));
      const needed = [path, path.replace(/\.js$/, '.html')];
      for (const language of ['en-US', 'zh-CN']) {
        needed.push(`${folder}/locales/${language}/${type}.json`);
        needed.push(`${folder}/locales/${language}/${type}.html`);
      }
      for (const file of needed) assert.ok(packed.includes(file), `${file} is missing`);
    }
  });

  it('holds the icons, the examples and what people read', () => {
    for (const path of [...filesIn('icons').map((icon) => `dist/nodes/${icon}`)]) {
      assert.ok(packed.includes(path), path);
    }
    for (const path of [...filesIn('examples'), 'README.md', 'LICENSE', 'CHANGELOG.md']) {
      assert.ok(packed.includes(path), path);
    }
  });

  it('holds nothing twice, and no maps to sources that it does not hold', () => {
    const needless = packed.filter((path) => /^(icons|locales)\/|\.map$/.test(path));
    assert.deepEqual(needless, []);
  });

  it('holds no tests, no scripts, no demo and no TypeScript but declarations', () => {
    const strays = packed.filter(
      (path) =>
        /^(test|scripts|bench|node_modules|coverage|\.)/.test(path) ||
        (path.endsWith('.ts') && !path.endsWith('.d.ts')),
    );
    assert.deepEqual(strays, []);
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
