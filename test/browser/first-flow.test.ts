import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { typedInput } from './harness/dialog-checks';
import { eventually } from './harness/eventually';
import { majors, sharedBench } from './harness/shared';
import { noBrowser, type Workbench } from './harness/workbench';

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

for (const nodeRed of majors) {
  describe(`a first flow in Node-RED ${nodeRed}`, { skip: noBrowser }, () => {
    let bench: Workbench;
    before(async () => {
      bench = await sharedBench(nodeRed);
    });

    it('runs after one click on the echo address, which makes the simulated device, and one deployment', async () => {
      const editor = await bench.editor({ flows: [] });
      await editor.place([
        ...flow,
        ...(await fresh('ws-open', 160)),
        ...(await fresh('ws-send', 80)),
      ]);
      await editor.edit('first-open');
      await editor.page.locator('#esp-at-use-echo').click();
      await eventually(() => typedInput(editor, 'uri').inputValue(), 'ws://echo.sim/');
      const chosen = editor.page.locator('#node-input-device option:checked');
      await eventually(() => chosen.innerText(), 'Simulated ESP32');
      // A second click makes no second device.
      await editor.page.locator('#esp-at-use-echo').click();
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
      assert.deepEqual(editor.complaints, []);

      async function fresh(type: string, y: number): Promise<readonly object[]> {
        const settings = await editor.run(
          `return Object.fromEntries(Object.entries(RED.nodes.getType(args).defaults).map(([name, { value }]) => [name, value]));`,
          type,
        );
        assert.ok(typeof settings === 'object');
        const wires = type === 'ws-open' ? [['first-debug'], []] : [[]];
        const id = type.replace('ws', 'first');
        return [{ ...settings, id, type, z: tab.id, x: 300, y, wires }];
      }
    });
  });
}
