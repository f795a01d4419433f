import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { temporaryFolder } from '../harness/temporary-folder';
import { node } from './npm';
import { keptFiles, root } from './project';

const skip = keptFiles() === undefined && 'there is no Git here';

describe('npm run changelog', { skip }, () => {
  it('lists the commits since the last release, grouped into nodes and driver, oldest first', (t) => {
    const release = new Repository(t);
    release.commit('link: old');
    release.git('tag', 'v0.1.0');
    release.commit('link: reconnect after a pong timeout');
    release.commit('test: rename a harness');
    release.commit('conformance, mutation, verification: print the usage');
    release.commit('values: read a list once');
    release.commit('nodes!: rename the event gap to dataloss');
    release.commit(
      'link: keep the order of sends\n\nBREAKING CHANGE: await\nevery send\n\nSigned-off-by: a',
    );
    release.commit('No scope');
    release.commit('receiver: forget a rest');
    release.commit('at, port: read in pieces\n\nBREAKING CHANGE: read on');
    release.commit('test, nodes: name a status');
    const { stdout, stderr } = release.run('changelog.mjs');
    assert.equal(
      stderr.replace(/[0-9a-f]{7}/g, 'hash'),
      `Not in the section, for lack of a scope that it knows:
  hash receiver: forget a rest
  hash No scope
`,
    );
    assert.equal(
      stdout.replace(/\([0-9a-f]{7}\)/g, '(hash)').replace(/\d{4}-\d\d-\d\d/, 'date'),
      `## Unreleased (date)

### Breaking changes

- nodes: rename the event gap to dataloss
- await every send
- read on

### Nodes

- nodes: rename the event gap to dataloss (hash)
- test, nodes: name a status (hash)

### Driver

- link: reconnect after a pong timeout (hash)
- values: read a list once (hash)
- link: keep the order of sends (hash)
- at, port: read in pieces (hash)

`,
    );
  });

  it('lists the commits since a release that follows its own pre-releases', (t) => {
    const release = new Repository(t);
    for (const version of ['0.2.0-beta.9', '0.2.0-beta.10', '0.2.0']) {
      release.commit(`link: change before ${version}`);
      release.git('tag', `v${version}`);
    }
    release.commit('link: new');
    const { stdout } = release.run('changelog.mjs');
    assert.deepEqual(stdout.match(/(?<=- link: )[^(]+(?= \()/g), ['new']);
  });

  it('refuses what is no version, and writes nothing', (t) => {
    const release = new Repository(t);
    release.commit('docs: say more');
    assert.equal(release.run('changelog.mjs', 'next').status, 1);
    assert.match(release.read('package.json'), /"version": "0\.1\.0"/);
  });
});

describe('npm run release', { skip }, () => {
  const released = (t: TestContext): Repository => {
    const repository = new Repository(t);
    repository.git('add', '.');
    repository.commit('build: begin');
    repository.git('tag', 'v0.1.0');
    repository.commit('link: reconnect after a pong timeout');
    return repository;
  };
  const release = (repository: Repository, ...args: string[]) =>
    repository.run('release.mjs', ...args);

  it('writes section and version, commits them and tags, and leaves no change', (t) => {
    const repository = released(t);
    const { status, stderr } = release(repository, '0.2.0');
    assert.equal(status, 0, stderr);
    assert.equal(repository.git('log', '-1', '--format=%s'), 'build: release 0.2.0');
    assert.equal(
      repository.git('rev-parse', 'v0.2.0^{commit}'),
      repository.git('rev-parse', 'HEAD'),
    );
    assert.equal(repository.git('status', '--porcelain'), '');
    assert.match(
      repository.read('CHANGELOG.md'),
      /^# Changelog\n\n## 0\.2\.0 .*\n[^]*pong timeout[^]*\n\n## 0\.1\.0\n/,
    );
    assert.match(repository.read('package.json'), /"version": "0\.2\.0"/);
    const lock = repository.read('package-lock.json');
    assert.deepEqual(
      [...lock.matchAll(/"version": "(.*?)"/g)].map(([, each]) => each),
      ['0.2.0', '0.2.0', '4.2.0'],
    );
  });

  it('changes nothing in a dry run, and prints the section', (t) => {
    const repository = released(t);
    const before = repository.git('rev-parse', 'HEAD');
    const { status, stdout } = release(repository, '0.2.0', '--dry-run');
    assert.equal(status, 0);
    assert.match(stdout, /## 0\.2\.0 [^]*link: reconnect after a pong timeout/);
    assert.equal(repository.git('rev-parse', 'HEAD'), before);
    assert.equal(repository.git('tag', '--list'), 'v0.1.0');
    assert.equal(repository.git('status', '--porcelain'), '');
  });

  it('keeps a section that was written by hand', (t) => {
    const repository = released(t);
    const page = '# Changelog\n\n## 0.2.0 (soon)\n\nClear words.\n\n## 0.1.0\n';
    repository.write('CHANGELOG.md', page);
    repository.git('commit', '-q', '-am', 'docs: say what is new');
    const { stdout } = release(repository, '0.2.0', '--dry-run');
    assert.match(
      stdout,
      /^CHANGELOG\.md has a section 0\.2\.0, which stays\.\nWould change package\.json, package-/,
    );
    assert.equal(release(repository, '0.2.0').status, 0);
    assert.equal(repository.read('CHANGELOG.md'), page);
  });

  it('tags the last commit where version and section are written already, as before the first release', (t) => {
    const repository = new Repository(t);
    repository.git('add', '.');
    repository.commit('build: begin');
    const last = repository.git('rev-parse', 'HEAD');
    const { stdout } = release(repository, '0.1.0', '--dry-run');
    assert.equal(
      stdout,
      'CHANGELOG.md has a section 0.1.0, which stays.\nWould tag the last commit v0.1.0.\n',
    );
    const { status, stderr } = release(repository, '0.1.0');
    assert.equal(status, 0, stderr);
    assert.equal(repository.git('rev-parse', 'v0.1.0^{commit}', 'HEAD'), `${last}\n${last}`);
  });

  it('compares the numbers of pre-releases as numbers', (t) => {
    const repository = released(t);
    assert.equal(release(repository, '0.2.0-beta.9').status, 0);
    for (const [version, status] of [
      ['0.2.0-beta.10', 0],
      ['0.2.0-rc.1', 0],
      ['0.2.0', 0],
      ['0.2.0-beta.8', 1],
      ['0.2.0-alpha.10', 1],
    ] as const)
      assert.equal(release(repository, version, '--dry-run').status, status, version);
  });

  it('refuses uncommitted changes, an earlier or equal version, and what is no version', (t) => {
    const repository = released(t);
    for (const version of ['0.1.0', '0.0.9', '0.1.0-beta.1', 'next', ''])
      assert.equal(release(repository, version).status, 1, version);
    assert.equal(release(repository).status, 1);
    repository.write('CHANGELOG.md', 'changed');
    const { status, stderr } = release(repository, '0.2.0');
    assert.equal(status, 1);
    assert.match(stderr, /CHANGELOG\.md/);
    assert.equal(repository.git('tag', '--list'), 'v0.1.0');
  });
});

/** A repository with the script and little else. */
class Repository {
  readonly #folder: string;

  constructor(t: TestContext) {
    this.#folder = temporaryFolder(t);
    for (const script of ['release/changelog.mjs', 'release/release.mjs', 'root.mjs'])
      cpSync(join(root, 'scripts', script), join(this.#folder, 'scripts', script));
    this.write('CHANGELOG.md', '# Changelog\n\n## 0.1.0\n\nThe first version.\n');
    this.write('package.json', '{ "version": "0.1.0" }\n');
    this.write(
      'package-lock.json',
      `{ "version": "0.1.0", "packages": { "": { "version": "0.1.0", "license": "Apache-2.0" },
         "node_modules/mustache": { "version": "4.2.0", "license": "MIT" } } }`,
    );
    this.git('init', '-q');
    this.git('config', 'user.name', 'Test');
    this.git('config', 'user.email', 'test@example.com');
  }

  git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.#folder, encoding: 'utf8' }).trimEnd();
  }

  commit(message: string): void {
    this.git('commit', '-q', '--allow-empty', '-m', message);
  }

  run(script: string, ...args: string[]) {
    return node([join(this.#folder, 'scripts', 'release', script), ...args]);
  }

  read(file: string): string {
    return readFileSync(join(this.#folder, file), 'utf8');
  }

  write(file: string, content: string): void {
    writeFileSync(join(this.#folder, file), content);
  }
}
