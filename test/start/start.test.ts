import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { spawn } from '@lydell/node-pty';
import { root } from '../package/project';
import { Demo, freePort, idOf, isFree, type NodeRedMajor } from './demo';

const noTerminal = process.platform === 'win32' && 'Windows has no pseudo-terminal of this kind';
const majors: readonly NodeRedMajor[] = ['4', '5'];

for (const nodeRed of majors) {
  describe(`npm start with Node-RED ${nodeRed}`, () => {
    it('runs the demo: open, text, binary, close, states and errors, then Ctrl-C', async (t) => {
      const demo = await Demo.start({ nodeRed });
      t.after(() => demo.dispose());
      const flows = await demo.flows();
      const press = (name: string) => demo.press(idOf(flows, 'inject', name));
      const status = idOf(flows, 'ws-status');

      assert.match(demo.output, new RegExp(`^Node-RED ${nodeRed}\\.\\d+\\.\\d+ on Node`, 'm'));
      assert.ok(demo.output.endsWith(` ${demo.address}\n`), demo.output);
      const page = await fetch(demo.address);
      assert.equal(page.status, 200);
      assert.match(await page.text(), /<title>Node-RED<\/title>/);

      // Nothing is open yet: an error with a code, not silence.
      await press('send text');
      await demo.until(() => demo.shown('problem').length > 0, 'the problem');
      assert.match(demo.shown('problem').join(), /^LINK_NOT_OPEN: /);

      await press('open');
      await demo.until(() => demo.shown('state').includes('established'), 'the state established');
      assert.equal(demo.statusOf(status), `127.0.0.1:${demo.port}`);

      await press('send text');
      await demo.until(() => demo.shown('echo').length === 1, 'the echo of the text');
      await press('send binary');
      await demo.until(() => demo.shown('echo').length === 2, 'the echo of the bytes');
      assert.deepEqual(demo.shown('echo'), ['Hello from the ESP32!', '000d0a3eff']);
      assert.match(demo.debug.at(-1)?.format ?? '', /^buffer/);

      await press('close');
      await demo.until(() => demo.shown('state').at(-1) === 'closed', 'the state closed');
      await demo.until(() => demo.statusOf(status) === 'closed', 'the status closed');
      assert.equal(demo.shown('problem').length, 1);

      assert.equal(await demo.end('SIGINT'), 0);
      assert.ok(await isFree(demo.port));
    });
  });
}

describe('npm start', () => {
  it('ends cleanly while a link is open, and starts again with the changed flow', async (t) => {
    const first = await Demo.start();
    t.after(() => first.dispose());
    const flows = await first.flows();
    await first.press(idOf(flows, 'inject', 'open'));
    await first.until(() => first.shown('state').includes('established'), 'the state established');
    const renamed = flows.map((n) => (n.type === 'tab' ? { ...n, label: 'Mine' } : n));
    await first.ask('/flows', {
      method: 'POST',
      body: JSON.stringify({ flows: renamed }),
      headers: { 'Content-Type': 'application/json', 'Node-RED-Deployment-Type': 'nodes' },
    });
    assert.equal(await first.end('SIGTERM'), 0);
    assert.ok(await isFree(first.port));

    const second = await Demo.start({ folder: first.folder });
    t.after(() => second.dispose());
    const again = await second.flows();
    assert.equal(again.find(({ type }) => type === 'tab')?.label, 'Mine');
    // On another port than the first time: the demo's own server went there, and its URI with it.
    assert.notEqual(second.port, first.port);
    await second.press(idOf(again, 'inject', 'open'));
    await second.until(
      () => second.shown('state').includes('established'),
      'the state established',
    );
    assert.equal(await second.end(), 0);
  });

  it('with the port in use: ends with one sentence', async (t) => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    t.after(() => other.close());
    const demo = await Demo.begin({}, port);
    t.after(() => demo.dispose());

    assert.equal(await demo.ended(), 1);
    assert.equal(
      demo.output,
      `Port ${port} is in use by another program. Stop that, or choose another port: PORT=${port + 1} npm start\n`,
    );
  });

  it('with another NODE_RED than 4 or 5: ends with one sentence', async (t) => {
    const demo = await Demo.begin({ env: { NODE_RED: '3' } });
    t.after(() => demo.dispose());
    assert.equal(await demo.ended(), 1);
    assert.equal(demo.output, 'NODE_RED=3 is neither 4 nor 5.\n');
  });

  it('with flows that are no list: ends with one sentence', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'esp-at-flows-'));
    writeFileSync(join(folder, 'flows.json'), '{}');
    const demo = await Demo.begin({ folder });
    t.after(() => demo.dispose());
    assert.equal(await demo.ended(), 1);
    assert.ok(
      demo.output.endsWith(
        `flows.json in ${folder} is no list of nodes. Without that file, npm start copies the demo flow.\n`,
      ),
      demo.output,
    );
  });

  it('Ctrl-C at a terminal: exits with 0', { skip: noTerminal }, async (t) => {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'esp-at-terminal-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const env = { ...process.env, PORT: String(port), DEMO_DIR: folder };
    const terminal = spawn('npm', ['start'], { cwd: root, cols: 200, env });
    const ended = new Promise<number>((resolve) => {
      terminal.onExit(({ exitCode }) => resolve(exitCode));
    });
    t.after(() => terminal.kill('SIGKILL'));

    let printed = '';
    await new Promise<void>((resolve) => {
      terminal.onData((text) => {
        printed += text;
        if (printed.includes(`http://127.0.0.1:${port}/`)) resolve();
      });
    });
    terminal.write('\x03');

    assert.equal(await ended, 0, printed);
    assert.ok(await isFree(port));
  });
});
