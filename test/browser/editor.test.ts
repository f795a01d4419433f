import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Demo, idOf, type NodeRedMajor } from '../start/demo';
import { Editor, noBrowser } from './editor';

const majors: readonly NodeRedMajor[] = ['4', '5'];

for (const nodeRed of majors) {
  describe(`Node-RED ${nodeRed} in a browser`, { skip: noBrowser }, () => {
    let demo: Demo;
    before(async () => {
      demo = await Demo.start({ nodeRed });
    });
    after(() => demo.dispose());

    it('runs the demo by its buttons and shows what happens', async (t) => {
      const editor = await open(t, demo);
      const flows = await demo.flows();
      const press = (name: string) => editor.press(idOf(flows, 'inject', name));
      const status = idOf(flows, 'ws-status');

      assert.deepEqual(await editor.status(status, 'closed'), { fill: 'grey', shape: 'ring' });
      await press('open');
      const host = `127.0.0.1:${demo.port}`;
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
  });
}

async function open(
  t: { after(fn: () => Promise<void>): void },
  demo: Demo,
  options: Parameters<typeof Editor.open>[1] = {},
): Promise<Editor> {
  const editor = await Editor.open(demo.address, options);
  t.after(() => editor.close());
  return editor;
}
