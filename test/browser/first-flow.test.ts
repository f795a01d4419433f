import assert from 'node:assert/strict';
import { typedInput } from './harness/dialog-checks';
import { eventually } from './harness/eventually';
import { inEachEditor } from './harness/shared';

/** A flow as a newcomer drags and wires it: no device, and nothing set. */
const tab = { id: 'first', type: 'tab', label: 'First flow' };
const inject = { id: 'first-inject', type: 'inject', z: tab.id, x: 150, y: 80, props: [] };
const debug = { id: 'first-debug', type: 'debug', z: tab.id, x: 500, y: 160, active: true };
const text = { p: 'payload', v: 'hello', vt: 'str' };
const flow = [
  tab,
  { ...inject, props: [text], repeat: '', crontab: '', once: false, wires: [['first-send']] },
  { ...debug, name: 'answer', tosidebar: true, complete: 'payload', targetType: 'msg', wires: [] },
];

inEachEditor('a first flow', (test) => {
  test(
    'runs after one click, which makes the simulated device, and one deployment',
    { flows: [] },
    async (editor) => {
      const { page } = editor;
      const newNode = async (type: string, id: string, y: number, wires: string[][]) => ({
        ...(await editor.defaultsOf(type)),
        id,
        type,
        z: tab.id,
        x: 300,
        y,
        wires,
      });
      await editor.place([
        ...flow,
        await newNode('ws-open', 'first-open', 160, [['first-debug'], []]),
        await newNode('ws-send', 'first-send', 80, [[]]),
      ]);
      await editor.edit('first-open');
      await page.locator('#esp-at-use-echo').click();
      await eventually(() => typedInput(editor, 'uri').inputValue(), 'ws://echo.sim/');
      const chosen = page.locator('#node-input-device option:checked');
      await eventually(() => chosen.innerText(), 'Simulated ESP32');
      // A second click makes no second device.
      await page.locator('#esp-at-use-echo').click();
      await editor.done();
      const devices = `const found = [];
    RED.nodes.eachConfig((node) => { if (node.type === 'esp-at-device') found.push(node.id); });
    return found;`;
      const made = await editor.run(devices);
      assert.ok(Array.isArray(made) && made.length === 1, String(made));
      const device: unknown = made[0];
      const deviceOf = 'return RED.nodes.node(args).device;';
      assert.equal(await editor.run(deviceOf, 'first-open'), device);
      assert.equal(await editor.run(deviceOf, 'first-send'), device);
      await editor.assertAllValid();
      await editor.deploy();
      await editor.status('first-open', 'echo.sim');
      await editor.press('first-inject');
      await editor.debugged('answer', 'hello');
    },
  );
});
