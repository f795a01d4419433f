import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { temporaryFolder } from '../harness/temporary-folder';
import { freePort, ownConnection } from '../start/demo';
import { node, noRegistry, npm } from './npm';
import {
  asObject,
  asObjects,
  asText,
  examples,
  nodeFiles,
  notBuilt,
  object,
  root,
} from './project';

const name = asText(object('package.json').name, 'name');
const types = [...nodeFiles().keys()];
const majors = { '4.1': 'node-red', '5.0': 'node-red-5' } as const;
const skip = notBuilt() || noRegistry();

/** A user folder in which npm has installed the packed package. */
const installed = temporaryFolder({ after });

before(() => {
  if (skip !== false) return;
  const [packed] = asObjects(
    JSON.parse(
      npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', installed).stdout,
    ),
    'npm pack',
  );
  writeFileSync(join(installed, 'package.json'), '{"name":"user","private":true}');
  const began = Date.now();
  const { status, stderr } = npm(installed, 'install', `./${asText(packed?.filename, 'filename')}`);
  assert.equal(status, 0, stderr);
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  const [kilobytes, unpacked] = [packed?.size, packed?.unpackedSize].map((bytes) =>
    Math.round(Number(bytes) / 1024),
  );
  console.log(
    `tarball ${kilobytes} KiB, unpacked ${unpacked} KiB, ${packages(installed).length} packages installed in ${seconds} s`,
  );
});

for (const [major, nodeRed] of Object.entries(majors)) {
  describe(`the packed package in an empty Node-RED ${major}`, { skip }, () => {
    const userDir = mkdtempSync(join(tmpdir(), 'esp-at-installed-'));
    let admin: Admin;

    before(async () => {
      cpSync(installed, userDir, { recursive: true, verbatimSymlinks: true });
      admin = await Admin.start(nodeRed, userDir);
    });
    after(async () => {
      await admin.stop();
      rmSync(userDir, { recursive: true, force: true });
    });

    it('loads every node without an error', async () => {
      const sets = asObjects(await admin.json('nodes'), 'nodes').filter(
        (set) => set.module === name,
      );
      assert.deepEqual(sets.flatMap((set) => set.types).sort(), [...types].sort());
      for (const set of sets)
        assert.deepEqual([set.enabled, set.err], [true, undefined], JSON.stringify(set));
    });

    it('serves the icon of every node', async () => {
      const icons = asObject(await admin.json('icons'), 'icons')[name];
      assert.ok(Array.isArray(icons), 'no icons');
      for (const type of types) {
        assert.ok(icons.includes(`${type}.svg`), `${type}.svg is not in ${icons.join()}`);
        assert.match(await admin.text(`icons/${name}/${type}.svg`), /<svg/);
      }
    });

    for (const [language, word] of [
      ['en-US', 'Name'],
      ['zh-CN', '名称'],
    ] as const) {
      it(`has labels and help in ${language}`, async () => {
        const catalogs = asObject(await admin.json(`nodes/messages?lng=${language}`), 'catalogs');
        const html = await admin.text('nodes', { 'Accept-Language': language });
        for (const type of types) {
          const catalog = JSON.stringify(catalogs[`${name}/${type}`]);
          assert.ok(catalog.includes(`"${word}"`), `${type}: ${catalog.slice(0, 200)}`);
          const help = readFileSync(join(root, 'locales', language, `${type}.html`), 'utf8').trim();
          assert.ok(html.includes(help), `no help of ${type}`);
        }
      });
    }

    it('offers every example in the Import menu', async () => {
      const names = [...examples().keys()].map((path) => path.replace(/^.*[\\/](.*)\.json$/, '$1'));
      const offered = await admin.json(`library/examples/flows/${name}`);
      assert.ok(Array.isArray(offered));
      assert.deepEqual(
        offered.map((entry: unknown) => asText(asObject(entry, 'example').fn, 'fn')).sort(),
        names.sort(),
      );
      for (const example of names) {
        const path = `library/examples/flows/${name}/${encodeURIComponent(example)}`;
        assert.ok(asObjects(await admin.json(path), example).length > 5);
      }
    });

    it('loads serialport without a compiler or install script', () => {
      const code = `require('@serialport/bindings-cpp').autoDetect(); console.log('loaded')`;
      const { stdout, stderr } = node(['-e', code], join(userDir, 'node_modules'));
      assert.equal(stdout, 'loaded\n', stderr);
      const bindings = join(userDir, 'node_modules', '@serialport', 'bindings-cpp');
      assert.ok(!existsSync(join(bindings, 'build')), 'it was compiled');
    });

    it('exports driver and simulator', () => {
      const code = `console.log(typeof require('${name}/driver').Device, typeof require('${name}/simulator').listen)`;
      const { stdout, stderr } = node(['-e', code], userDir);
      assert.equal(stdout, 'function function\n', stderr);
    });

    it('is removed completely by the palette manager', async () => {
      await admin.remove(name);
      const sets = asObjects(await admin.json('nodes'), 'nodes');
      assert.deepEqual(
        sets.filter((set) => set.module === name),
        [],
      );
      assert.deepEqual(packages(userDir), []);
    });
  });
}

/** Node-RED's admin API. */
class Admin {
  readonly #process: ChildProcess;
  readonly #address: string;

  private constructor(process: ChildProcess, address: string) {
    this.#process = process;
    this.#address = address;
  }

  static async start(nodeRed: string, userDir: string): Promise<Admin> {
    const port = await freePort();
    const script = join(root, 'test', 'package', 'node-red.mjs');
    const child = spawn(process.execPath, [script, nodeRed, userDir, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    let output = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes('listening')) resolve();
      });
      child.once('exit', () => reject(new Error(output)));
    });
    return new Admin(child, `http://127.0.0.1:${port}/`);
  }

  async json(path: string): Promise<unknown> {
    return JSON.parse(await this.text(path, { Accept: 'application/json' })) as unknown;
  }

  async text(path: string, headers: Record<string, string> = {}): Promise<string> {
    const response = await fetch(new URL(path, this.#address), {
      headers: { ...ownConnection, Accept: 'text/html', ...headers },
    });
    assert.ok(response.ok, `${path}: ${response.status}`);
    return response.text();
  }

  async remove(module: string): Promise<void> {
    const address = new URL(`nodes/${module}`, this.#address);
    const response = await fetch(address, { method: 'DELETE', headers: ownConnection });
    assert.equal(response.status, 204, await response.text());
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.kill();
    await once(this.#process, 'exit');
  }
}

/** The packages in a folder's node_modules. */
function packages(folder: string): string[] {
  const modules = join(folder, 'node_modules');
  if (!existsSync(modules)) return [];
  return readdirSync(modules).flatMap((entry) => {
    if (entry.startsWith('.')) return [];
    return entry.startsWith('@') ? readdirSync(join(modules, entry)) : [entry];
  });
}
