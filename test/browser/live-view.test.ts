import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { idOf, type NodeRedMajor } from '../start/demo';
import type { Editor } from './editor';
import { noBrowser, Workbench } from './workbench';

const majors: readonly NodeRedMajor[] = ['4', '5'];

for (const nodeRed of majors) {
  describe(`live view in Node-RED ${nodeRed}`, { skip: noBrowser, timeout: 300_000 }, () => {
    let bench: Workbench;
    before(async () => {
      bench = await Workbench.start({ nodeRed });
    });
    after(() => bench.dispose());

    const show = async (editor: Editor) => {
      await editor.run('RED.sidebar.show("esp-at");');
      await editor.page.locator('.esp-at-live-device').waitFor();
    };

    it('shows the device, its links and its traffic as it happens, and saves a recording', async () => {
      const editor = await bench.editor();
      const { page } = editor;
      const flows = bench.flows;
      await show(editor);
      await page.locator('.esp-at-live-device', { hasText: /ready.*class D/s }).waitFor();
      await editor.press(idOf(flows, 'inject', 'open'));
      await page
        .locator('.esp-at-live-strip', { hasText: `127.0.0.1:${bench.demo.port}` })
        .waitFor();
      await editor.press(idOf(flows, 'inject', 'send text'));
      const line = (text: string) => page.locator('.esp-at-live-line', { hasText: text });
      await line('→AT+WSSEND=').first().waitFor();
      await line('URC+WS_DATA:0,1,1').filter({ hasText: 'Hello from the ESP32!' }).waitFor();
      await page.locator('.esp-at-live-tools input').fill('hello');
      await line('AT+WSSEND=').first().waitFor({ state: 'detached' });
      assert.ok((await page.locator('.esp-at-live-line').count()) >= 2);
      await page.locator('.esp-at-live-tools input').fill('');
      await page.locator('#esp-at-live-pause').click();
      const before = await page.locator('.esp-at-live-line').count();
      await editor.press(idOf(flows, 'inject', 'send text'));
      await page.waitForTimeout(1200);
      assert.equal(await page.locator('.esp-at-live-line').count(), before);
      await page.locator('#esp-at-live-pause').click();
      assert.ok((await page.locator('.esp-at-live-line').count()) > before);
      const download = page.waitForEvent('download');
      await page.locator('#esp-at-live-save').click();
      assert.match((await download).suggestedFilename(), /^esp-at-.*\.jsonl$/);
      await page.locator('.esp-at-live summary').last().click();
      await page.locator('.esp-at-live-counters', { hasText: /sent\s*2\s*received\s*2/ }).waitFor();
      await editor.picture(`live-${nodeRed}`);
      assert.deepEqual(editor.complaints, []);
    });

    it('asks for nothing while it is hidden', async () => {
      const editor = await bench.editor();
      await editor.run('RED.sidebar.show("info");');
      await editor.page.waitForTimeout(1000);
      const asked: string[] = [];
      editor.page.on('request', (request) => {
        if (request.url().includes('/esp-at-websocket/live')) asked.push(request.url());
      });
      await editor.page.waitForTimeout(1500);
      assert.deepEqual(asked, []);
      await show(editor);
      await editor.page.waitForTimeout(1500);
      assert.ok(asked.length >= 2 && asked.length <= 6, `${asked.length}`);
      await editor.run('RED.sidebar.show("info");');
      await editor.page.waitForTimeout(1000);
      asked.length = 0;
      await editor.page.waitForTimeout(1500);
      assert.deepEqual(asked, []);
    });

    for (const locale of ['en-US', 'zh-CN'] as const) {
      for (const colorScheme of ['light', 'dark'] as const) {
        it(`in ${locale}, ${colorScheme}: shows every text, and nothing wider than the tab`, async () => {
          const editor = await bench.editor({ locale, colorScheme });
          await show(editor);
          if (colorScheme === 'dark') await editor.darken(nodeRed);
          await editor.page.locator('#esp-at-live-about').click();
          await editor.page.locator('.esp-at-live-line').first().waitFor();
          for (const width of [1440, 800]) {
            await editor.page.setViewportSize({ width, height: 900 });
            await show(editor);
            await editor.page.waitForTimeout(700);
            await editor.picture(`live-${nodeRed}-${locale}-${colorScheme}-${width}`);
            const problems = await editor.run(`
              const tab = document.querySelector('.esp-at-live');
              const found = [];
              if (/esp-at-live:|live\\./.test(tab.innerText)) found.push('a key without text');
              if (tab.scrollWidth > tab.clientWidth + 1) found.push('wider than the tab');
              return found;`);
            assert.deepEqual(problems, [], `${width}`);
          }
          await editor.page.locator('#esp-at-live-about').click();
          // The AT traffic shows without scrolling, in half a sidebar too.
          const traffic = await editor.run(`
            const list = document.querySelector('.esp-at-live-list').getBoundingClientRect();
            const { bottom } = document.querySelector('.esp-at-live').getBoundingClientRect();
            return Math.min(list.bottom, bottom) - list.top;`);
          assert.ok(Number(traffic) >= 100, `${String(traffic)} pixels`);
          await editor.picture(`live-closed-help-${nodeRed}-${locale}-${colorScheme}`);
          assert.deepEqual(editor.complaints, []);
        });
      }
    }
  });
}
