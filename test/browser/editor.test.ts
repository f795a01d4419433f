import assert from 'node:assert/strict';
import { bareExamples } from '../package/project';
import type { Editor } from './harness/editor';
import { eventually } from './harness/eventually';
import { inEachEditor } from './harness/shared';

inEachEditor('the editor', (test, nodeRed) => {
  test('runs the demo flow by its buttons and shows the states', async (editor) => {
    const press = (name: string) => editor.press(editor.id('inject', name));
    const status = editor.id('ws-status');

    // Node-RED 5 opens the debug sidebar by a setting; 4.1 remembers it in the browser.
    if (nodeRed === '5') {
      await editor.page.reload();
      await editor.ready();
      await editor.page.locator('#red-ui-sidebar-debug-filter').first().waitFor();
    }
    assert.deepEqual(await editor.status(status, 'closed'), { fill: 'grey', shape: 'ring' });
    await press('open');
    const host = `127.0.0.1:${editor.demo.port}`;
    assert.deepEqual(await editor.status(status, host), { fill: 'green', shape: 'dot' });
    await press('send text');
    await editor.debugged('echo', 'Hello from the ESP32!');
    await press('send binary');
    await editor.debugged('echo', 'buffer[');
    await press('close');
    assert.deepEqual(await editor.status(status, 'closed'), { fill: 'grey', shape: 'ring' });
    await press('send text');
    await editor.debugged('problem', 'LINK_NOT_OPEN');
  });

  test('gives the first device that a user adds to the nodes that have none, until it is undone', async (editor) => {
    const open = editor.id('ws-open');
    const send = editor.id('ws-send');
    await editor.run(
      `RED.nodes.eachNode((node) => { if (node.device) node.device = ''; }); RED.nodes.remove(args);`,
      editor.id('esp-at-device'),
    );
    await addDevice(editor);
    await editor.page
      .locator('#red-ui-notifications', { hasText: /now use this one: .*\bsend\b/ })
      .waitFor({ state: 'attached' });
    const isGiven = async () => /^[\da-f]{16}$/.test(String(await deviceOf(editor, send)));
    await eventually(isGiven, true);
    const device = await deviceOf(editor, send);
    assert.equal(await deviceOf(editor, open), device);
    const users = () => editor.run('return RED.nodes.node(args).users.length;', device);
    await eventually(users, 4);
    await editor.run('RED.history.pop();');
    await eventually(() => deviceOf(editor, send), '');
    await eventually(users, 0);
    await editor.run('RED.history.redo();');
    await eventually(() => deviceOf(editor, send), device);
    await eventually(users, 4);
  });

  test('gives neither a second device nor an imported one to a node that has none', async (editor) => {
    const send = editor.id('ws-send');
    await editor.run('RED.nodes.node(args).device = "";', send);
    await addDevice(editor);
    assert.equal(await deviceOf(editor, send), '');
    await editor.run(
      `const ids = []; RED.nodes.eachConfig(({ id, type }) => { if (type === 'esp-at-device') ids.push(id); });
       for (const id of ids) RED.nodes.remove(id);`,
    );
    await editor.place([{ id: 'imported', type: 'esp-at-device', name: '', port: 'sim:' }]);
    assert.equal(await deviceOf(editor, send), '');
  });

  test(
    'shows statuses in its language while Node-RED runs in another',
    { locale: 'zh-CN' },
    async (editor) => {
      // The one that Node-RED kept, then new ones.
      await editor.status(editor.id('ws-status'), '已关闭');
      await editor.press(editor.id('inject', 'send text'));
      await editor.status(editor.id('ws-send'), '连接未建立');
      assert.equal(editor.demo.statusOf(editor.id('ws-send')), 'link not open');
    },
  );

  test('imports and deploys every other example; the plain page works', async (editor, bench) => {
    const others = [...bareExamples()].filter(([path]) => !path.includes('Echo over'));
    assert.equal(others.length, bareExamples().size - 1);
    for (const [, flow] of others) await editor.place(bench.here(flow));
    await editor.assertAllValid();
    await editor.deploy();
    const page = await editor.page.context().newPage();
    // The deploy ends before all nodes have started.
    const address = new URL('/telemetry', editor.demo.address).href;
    while (!(await page.goto(address))?.ok()) await page.waitForTimeout(200);
    await page.locator('#fan', { hasText: 'off' }).waitFor();
    await page.locator('#switch').click();
    await page.locator('#fan', { hasText: 'on' }).waitFor();
    await page.locator('#temperature', { hasText: /^\d+\.\d °C$/ }).waitFor();
    await page.close();
  });
});

async function addDevice(editor: Editor): Promise<void> {
  await editor.editConfig('_ADD_', 'esp-at-device');
  await editor.done('node-config-dialog-ok');
}

function deviceOf(editor: Editor, id: string): Promise<unknown> {
  return editor.run('return RED.nodes.node(args).device;', id);
}
