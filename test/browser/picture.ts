// `npm run picture`: makes docs/demo.png, the README's picture, of the demo as `npm start` shows it.
import { join } from 'node:path';
import { root } from '../package/project';
import { Demo, idOf } from '../start/demo';
import { Editor, noBrowser } from './editor';

async function main(): Promise<void> {
  if (noBrowser !== false) throw new Error(noBrowser);
  const demo = await Demo.start();
  try {
    const editor = await Editor.open(demo.address);
    try {
      await editor.page.setViewportSize({ width: 1440, height: 720 });
      const flows = await demo.flows();
      const press = (name: string) => editor.press(idOf(flows, 'inject', name));
      await press('open');
      await editor.status(idOf(flows, 'ws-status'), `127.0.0.1:${demo.port}`);
      await press('send text');
      await editor.debugged('echo', 'Hello from the ESP32!');
      await press('send binary');
      await editor.debugged('echo', 'buffer[');
      // The grey notes about pressed buttons cover the canvas for some seconds.
      await editor.page.mouse.move(600, 640);
      await editor.page.waitForTimeout(500);
      await editor.page.screenshot({ path: join(root, 'docs', 'demo.png') });
    } finally {
      await editor.close();
    }
  } finally {
    await demo.dispose();
  }
}

void main();
