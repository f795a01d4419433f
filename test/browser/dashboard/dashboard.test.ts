import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { noRegistry, npm } from '../../package/npm';
import { flowOf } from '../../start/example';
import type { Editor } from '../harness/editor';
import { noBrowser, Workbench } from '../harness/workbench';

/** Not a development package: it is larger than all others together. */
const PACKAGE = '@flowfuse/node-red-dashboard@1.31.0';
const skip = noBrowser || noRegistry();

/** A user folder with the dashboard. Each Node-RED has a folder of its own with the same packages. */
let installed: string;

before(() => {
  if (skip !== false) return;
  installed = userFolder();
  writeFileSync(join(installed, 'package.json'), '{"name":"user","private":true}');
  const { status, stderr } = npm(installed, 'install', PACKAGE);
  assert.equal(status, 0, stderr);
});

after(() => {
  if (skip === false) rmSync(installed, { recursive: true, force: true });
});

for (const nodeRed of ['4', '5'] as const) {
  const title = `the example "Live sensor on a dashboard" in Node-RED ${nodeRed} in a browser`;
  describe(title, { skip }, () => {
    let bench: Workbench;
    let editor: Editor;
    let page: Page;
    /** Hosts other than Node-RED that the page asked. */
    const outside = new Set<string>();

    before(async () => {
      const folder = userFolder();
      copyFileSync(join(installed, 'package.json'), join(folder, 'package.json'));
      symlinkSync(join(installed, 'node_modules'), join(folder, 'node_modules'), 'junction');
      const flows = flowOf('Live sensor on a dashboard');
      bench = await Workbench.start({ nodeRed, folder, flows });
      editor = await bench.editor();
      page = await editor.page.context().newPage();
      page.on('request', (request) => {
        const { host, protocol } = new URL(request.url());
        if (/^(http|ws)/.test(protocol) && host !== `127.0.0.1:${bench.demo.port}`)
          outside.add(host);
      });
      await page.goto(new URL('/dashboard/sensor', bench.demo.address).href);
    });
    after(() => bench.dispose());

    it('imported: no node is unknown or invalid', async () => {
      await editor.assertAllValid();
    });

    it('the light is on, the gauge and the chart show readings', async () => {
      await page.locator('.connection.good', { hasText: 'established' }).waitFor();
      await page.locator('.nrdb-ui-gauge', { hasText: /\d\d\.\d/ }).waitFor();
      await page.waitForFunction(LINE_IS_DRAWN);
    });

    it('the button switches the fan of the sensor, and its next reading says so', async () => {
      await page.locator('.fan', { hasText: 'off' }).waitFor();
      await page.getByRole('button', { name: 'Switch the fan' }).click();
      await page.locator('.fan', { hasText: /on$/ }).waitFor();
      await page.getByRole('button', { name: 'Switch the fan' }).click();
      await page.locator('.fan', { hasText: 'off' }).waitFor();
    });

    it('the sensor is not reached any more: the light goes out', async () => {
      const flows = bench.flows.map((node) =>
        node.type === 'ws-open' ? { ...node, uri: 'ws://127.0.0.1:1/' } : node,
      );
      const headers = {
        'Content-Type': 'application/json',
        'Node-RED-Deployment-Type': 'nodes',
      };
      await bench.demo.ask('/flows', { method: 'POST', headers, body: JSON.stringify({ flows }) });
      await page.locator('.connection:not(.good)', { hasText: 'closed' }).waitFor();
    });

    it('the page asks no other host', () => {
      assert.deepEqual([...outside], []);
    });
  });
}

function userFolder(): string {
  return mkdtempSync(join(tmpdir(), 'esp-at-dashboard-'));
}

/** Whether the canvas of the chart has pixels of the line's blue. */
const LINE_IS_DRAWN = `[...document.querySelectorAll('canvas')].some((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] < 60 && data[i + 1] > 120 && data[i + 2] > 200 && data[i + 3] > 200) return true;
  }
  return false;
})`;
