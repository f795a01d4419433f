import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bareExamples } from '../package/project';
import { idOf, type NodeRedMajor } from '../start/demo';
import { noBrowser, Workbench } from './workbench';

const majors: readonly NodeRedMajor[] = ['4', '5'];

for (const nodeRed of majors) {
  describe(`Node-RED ${nodeRed} in a browser`, { skip: noBrowser, timeout: 300_000 }, () => {
    let bench: Workbench;
    before(async () => {
      bench = await Workbench.start({ nodeRed });
    });
    after(() => bench.dispose());

    it('runs the demo flow by its buttons and shows the states', async () => {
      const editor = await bench.editor();
      const flows = bench.flows;
      const press = (name: string) => editor.press(idOf(flows, 'inject', name));
      const status = idOf(flows, 'ws-status');

      // Node-RED 5 opens the debug sidebar by a setting; 4.1 remembers it in the browser.
      if (nodeRed === '5')
        await editor.page.locator('#red-ui-sidebar-debug-filter').first().waitFor();
      assert.deepEqual(await editor.status(status, 'closed'), { fill: 'grey', shape: 'ring' });
      await press('open');
      const host = `127.0.0.1:${bench.demo.port}`;
      assert.deepEqual(await editor.status(status, host), { fill: 'green', shape: 'dot' });
      await press('send text');
      await editor.debugged('echo', 'Hello from the ESP32!');
      await press('send binary');
      await editor.debugged('echo', 'buffer[');
      await editor.picture(`demo-${nodeRed}`);
      await press('close');
      assert.deepEqual(await editor.status(status, 'closed'), { fill: 'grey', shape: 'ring' });
      await press('send text');
      await editor.debugged('problem', 'LINK_NOT_OPEN');
      assert.deepEqual(editor.complaints, []);
    });

    it("shows statuses in the editor's language while Node-RED runs in another", async () => {
      const editor = await bench.editor({ locale: 'zh-CN' });
      const flows = bench.flows;
      // The one that Node-RED kept, then new ones.
      await editor.status(idOf(flows, 'ws-status'), '已关闭');
      await editor.press(idOf(flows, 'inject', 'send text'));
      await editor.status(idOf(flows, 'ws-send'), '连接未打开');
      assert.equal(bench.demo.statusOf(idOf(flows, 'ws-send')), 'link not open');
      assert.deepEqual(editor.complaints, []);
    });

    it('imports and deploys every other example; the plain page works', async () => {
      const editor = await bench.editor();
      const others = [...bareExamples()].filter(([path]) => !path.includes('Echo over'));
      assert.equal(others.length, bareExamples().size - 1);
      for (const [path, flow] of others) {
        await editor.place(
          JSON.parse(JSON.stringify(flow).replaceAll(':1880/', `:${bench.demo.port}/`)),
        );
        const name = path.replace(/^.*\/(\w+).*$/, '$1').toLowerCase();
        await editor.picture(`example-${name}-${nodeRed}`);
      }
      const wrong = await editor.run(
        'return RED.nodes.filterNodes({}).filter((node) => !node.valid || node.type === "unknown").map((node) => node.type);',
      );
      assert.deepEqual(wrong, []);
      await editor.deploy();
      const page = await editor.page.context().newPage();
      // The deploy ends before all nodes have started.
      const address = new URL('/telemetry', bench.demo.address).href;
      while (!(await page.goto(address))?.ok()) await page.waitForTimeout(200);
      await page.locator('#fan', { hasText: 'off' }).waitFor();
      await page.locator('#switch').click();
      await page.locator('#fan', { hasText: 'on' }).waitFor();
      assert.match(await page.locator('#temperature').innerText(), /^\d+\.\d °C$/);
      await editor.picture(`plain-page-${nodeRed}`, page);
      assert.deepEqual(editor.complaints, []);
    });
  });
}
