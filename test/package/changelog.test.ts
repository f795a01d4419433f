import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { keptFiles, root } from './project';

const skip = keptFiles() === undefined && 'there is no Git here';

describe('npm run changelog', { skip }, () => {
  it('lists the commits since the last release by what users know, oldest first', (t) => {
    const release = new Repository(t);
    release.commit('link: old');
    release.git('tag', 'v0.1.0');
    release.commit('link: reconnect after a pong timeout');
    release.commit('test: rename a harness');
    release.commit('nodes!: rename the event gap to dataloss');
    release.commit('link: keep the order of sends\n\nBREAKING CHANGE: await\nevery send');
    release.commit('No scope');
    const { stdout } = release.run();
    assert.equal(
      stdout.replace(/\([0-9a-f]{7}\)/g, '(hash)').replace(/\d{4}-\d\d-\d\d/, 'date'),
      `## Unreleased (date)

### Changes that need yours

- nodes: rename the event gap to dataloss
- await every send

### Nodes

- nodes: rename the event gap to dataloss (hash)

### Driver

- link: reconnect after a pong timeout (hash)
- link: keep the order of sends (hash)

`,
    );
  });

  it('writes a version into the page, package.json and the head of package-lock.json', (t) => {
    const release = new Repository(t);
    release.commit('docs: say more');
    const { stdout, status } = release.run('0.2.0');
    assert.equal(status, 0, stdout);
    assert.match(
      release.read('CHANGELOG.md'),
      /^# Changelog\n\n## 0\.2\.0 .*\n[^]*say more[^]*\n\n## 0\.1\.0\n/,
    );
    assert.match(release.read('package.json'), /"version": "0\.2\.0"/);
    const lock = release.read('package-lock.json');
    assert.deepEqual(lock.match(/"version": ".*?"/g), [
      '"version": "0.2.0"',
      '"version": "0.2.0"',
      '"version": "4.2.0"',
    ]);
  });

  it('refuses what is no version, and writes nothing', (t) => {
    const release = new Repository(t);
    release.commit('docs: say more');
    assert.equal(release.run('next').status, 1);
    assert.match(release.read('package.json'), /"version": "0\.1\.0"/);
  });
});

/** A repository with the script and little else. */
class Repository {
  readonly #folder = mkdtempSync(join(tmpdir(), 'esp-at-changelog-'));

  constructor(t: TestContext) {
    t.after(() => rmSync(this.#folder, { recursive: true, force: true }));
    for (const script of ['changelog.mjs', 'root.mjs'])
      cpSync(join(root, 'scripts', script), join(this.#folder, 'scripts', script));
    this.#write('CHANGELOG.md', '# Changelog\n\n## 0.1.0\n\nThe first version.\n');
    this.#write('package.json', '{ "version": "0.1.0" }\n');
    this.#write(
      'package-lock.json',
      `{ "version": "0.1.0", "packages": { "": { "version": "0.1.0", "license": "Apache-2.0" },
         "node_modules/mustache": { "version": "4.2.0", "license": "MIT" } } }`,
    );
    this.git('init', '-q');
  }

  git(...args: string[]): void {
    const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
    execFileSync('git', [...identity, ...args], { cwd: this.#folder });
  }

  commit(message: string): void {
    this.git('commit', '-q', '--allow-empty', '-m', message);
  }

  run(...args: string[]): { stdout: string; status: number | null } {
    const script = join(this.#folder, 'scripts', 'changelog.mjs');
    return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  }

  read(file: string): string {
    return readFileSync(join(this.#folder, file), 'utf8');
  }

  #write(file: string, content: string): void {
    writeFileSync(join(this.#folder, file), content);
  }
}
