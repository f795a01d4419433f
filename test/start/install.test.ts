import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { portOf } from '../harness/network/port-of';
import { root } from '../package/project';

const present = { version: '1.2.3' };
const otherPlatform = process.platform === 'win32' ? 'linux' : 'win32';

describe('installation before npm start', () => {
  it('skipped when all packages of the lock file are installed', async (t) => {
    const project = new Project(t, { present }, { present });
    assert.deepEqual(await project.install(), { code: 0, output: '', asked: 0 });
  });

  it('skipped when only packages of other platforms and extraneous ones are missing', async (t) => {
    const others = {
      foreign: { version: '1.0.0', os: [otherPlatform], optional: true },
      excluded: { version: '1.0.0', os: [`!${process.platform}`], optional: true },
      leftover: { version: '1.0.0', extraneous: true },
      optional: { version: '1.0.0', optional: true },
    };
    const project = new Project(t, { present, ...others }, { present });
    assert.deepEqual(await project.install(), { code: 0, output: '', asked: 0 });
  });

  for (const [condition, installed] of [
    ['a package is missing', {}],
    ['a package has another version', { present: { version: '1.2.2' } }],
    ['an earlier installation was interrupted', undefined],
  ] as const) {
    it(`without a network, when ${condition}: asks the registry at most once, and ends with one sentence`, async (t) => {
      const project = new Project(t, { present }, installed);
      const { code, output, asked } = await project.install();
      // npm would ask again after 10 s, and a third time a minute later. On a busy machine it is ended before it asks.
      assert.ok(asked <= 1, `asked ${asked} times`);
      assert.equal(code, 1);
      assert.match(
        output,
        /^The packages cannot be installed, .*\((ECONNRESET|ETIMEDOUT)\).*\.\n$/,
      );
    });
  }

  it('refused without a deletion, when a package is missing and node_modules is a link', async (t) => {
    const project = new Project(t, { present, missing: present }, { present });
    const shared = project.shareModules();
    const { code, output, asked } = await project.install();
    assert.deepEqual([code, asked], [1, 0]);
    assert.match(output, /^node_modules is a link to .*shared, .* Run npm ci there, .*\.\n$/);
    assert.ok(existsSync(join(shared, 'present', 'package.json')));
    rmSync(shared, { recursive: true });
    assert.match((await project.install()).output, /^node_modules is a link, where /);
  });
});

describe('npm test with a path that has no tests', () => {
  for (const path of ['test/nowhere', 'test/recordings', join(root, 'test', 'nowhere')]) {
    it(`ends with one sentence: ${path}`, () => {
      const script = join(root, 'scripts', 'test.mjs');
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, path], {
        encoding: 'utf8',
      });
      const sentence = `There are no tests at ${path}. Name a test file, or a folder below test/.\n`;
      assert.deepEqual([status, stdout, stderr], [1, '', sentence]);
    });
  }
});

type Packages = Readonly<Record<string, object>>;

/** A folder with the installer, a lock file, and what an earlier installation left. */
class Project {
  readonly #folder = mkdtempSync(join(tmpdir(), 'esp-at-install-'));

  constructor(t: TestContext, locked: Packages, installed?: Packages) {
    t.after(() => rmSync(this.#folder, { recursive: true, force: true }));
    for (const script of ['install.mjs', 'root.mjs'])
      cpSync(join(root, 'scripts', script), join(this.#folder, 'scripts', script));
    this.#write('package-lock.json', { packages: byPath(locked) });
    mkdirSync(join(this.#folder, 'node_modules'));
    this.#write(join('node_modules', 'present', 'package.json'), present);
    if (installed !== undefined)
      this.#write(join('node_modules', '.package-lock.json'), { packages: byPath(installed) });
  }

  /** Moves node_modules to another folder, and puts a link in its place. Returns that folder. */
  shareModules(): string {
    const folder = join(this.#folder, 'node_modules');
    const shared = join(this.#folder, 'shared');
    renameSync(folder, shared);
    symlinkSync(shared, folder, 'junction');
    return shared;
  }

  /** Runs the installer with a registry that resets every connection. */
  async install(): Promise<{ code: number | null; output: string; asked: number }> {
    let asked = 0;
    const registry = createServer((socket) => {
      asked += 1;
      socket.resetAndDestroy();
    }).listen(0, '127.0.0.1');
    await once(registry, 'listening');
    const module = pathToFileURL(join(this.#folder, 'scripts', 'install.mjs')).href;
    const source = `import(${JSON.stringify(module)}).then(({ install }) => install())`;
    const child = spawn(process.execPath, ['-e', source], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, npm_config_registry: `http://127.0.0.1:${portOf(registry)}` },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    await once(child, 'close');
    registry.close();
    return { code: child.exitCode, output, asked };
  }

  #write(path: string, content: object): void {
    mkdirSync(join(this.#folder, path, '..'), { recursive: true });
    writeFileSync(join(this.#folder, path), JSON.stringify(content));
  }
}

function byPath(packages: Packages): Packages {
  return Object.fromEntries(
    Object.entries(packages).map(([name, entry]) => [`node_modules/${name}`, entry]),
  );
}
