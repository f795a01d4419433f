import assert from 'node:assert/strict';
import type { Editor } from './harness/editor';
import { eventually } from './harness/eventually';
import { inEachEditor } from './harness/shared';

/** Two intervals between the view's questions, and a bit. */
const TWO_POLLS_MS = 1100;

/** What the view asks while it is shown. */
const LIVE = 'esp-at-websocket/live';
const isLive = (of: { url(): string }) => of.url().includes(LIVE);

inEachEditor('live view', (test, nodeRed) => {
  const show = async (editor: Editor) => {
    await editor.run('RED.sidebar.show("esp-at");');
    await editor.page.locator('.esp-at-live-device').waitFor();
  };

  /** Waits until the view has taken an answer, and the browser has drawn it. */
  const drawn = (editor: Editor) =>
    editor.page.evaluate(`new Promise((resolve) => {
      const take = (event, request, { url }) => {
        if (!url.includes('${LIVE}')) return;
        $(document).off('ajaxComplete', take);
        requestAnimationFrame(() => requestAnimationFrame(resolve));
      };
      $(document).on('ajaxComplete', take);
    })`);

  test('shows the device, its links and its traffic as it happens, and saves a recording', async (editor) => {
    const { page } = editor;
    await show(editor);
    await page.locator('.esp-at-live-device', { hasText: /ready.*class D/s }).waitFor();
    await editor.press(editor.id('inject', 'open'));
    await page
      .locator('.esp-at-live-strip', { hasText: `127.0.0.1:${editor.demo.port}` })
      .waitFor();
    await editor.press(editor.id('inject', 'send text'));
    const line = (text: string) => page.locator('.esp-at-live-line', { hasText: text });
    await line('→AT+WSSEND=').first().waitFor();
    await line('URC+WS_DATA:0,1,1').filter({ hasText: 'Hello from the ESP32!' }).waitFor();
    await page.locator('.esp-at-live-tools input').fill('hello');
    await line('AT+WSSEND=').first().waitFor({ state: 'detached' });
    assert.ok((await page.locator('.esp-at-live-line').count()) >= 2);
    await page.locator('.esp-at-live-tools input').fill('');
    await page.locator('#esp-at-live-pause').click();
    const before = await page.locator('.esp-at-live-line').count();
    const echoed = page.waitForResponse(
      async (answer) =>
        answer.url().includes(LIVE) && (await answer.text()).includes('Hello from the ESP32!'),
    );
    await editor.press(editor.id('inject', 'send text'));
    await echoed;
    // The view asks again after it has taken the answer.
    await page.waitForRequest(isLive);
    assert.equal(await page.locator('.esp-at-live-line').count(), before);
    await page.locator('#esp-at-live-pause').click();
    await eventually(async () => (await page.locator('.esp-at-live-line').count()) > before, true);
    const download = page.waitForEvent('download');
    await page.locator('#esp-at-live-save').click();
    assert.match((await download).suggestedFilename(), /^esp-at-.*\.jsonl$/);
    await page.locator('.esp-at-live summary').last().click();
    await page.locator('.esp-at-live-counters', { hasText: /sent\s*2\s*received\s*2/ }).waitFor();
    await page.locator('.esp-at-live summary').last().click();
  });

  test('asks for nothing while it is hidden', async (editor) => {
    // By the clock of the page: a busy machine delays its timers all alike.
    const questions = () =>
      editor.page.evaluate(`new Promise((resolve) => {
        let count = 0;
        const ask = (event, request, { url }) => { if (url.includes('${LIVE}')) count++; };
        $(document).on('ajaxSend', ask);
        setTimeout(() => { $(document).off('ajaxSend', ask); resolve(count); }, ${TWO_POLLS_MS});
      })`);
    await editor.run('RED.sidebar.show("info");');
    assert.equal(await questions(), 0);
    await show(editor);
    for (let count = 0; count < 2; count++) await editor.page.waitForRequest(isLive);
    assert.ok(Number(await questions()) <= 3);
    await editor.run('RED.sidebar.show("info");');
    assert.equal(await questions(), 0);
  });

  test('shows no traffic of the device chosen before, and keeps the times of a device that stops', async (editor, _bench, t) => {
    const { page } = editor;
    t.after(async () => {
      await page.unrouteAll({ behavior: 'wait' });
      await page
        .locator('.esp-at-live-device', { hasText: 'first' })
        .waitFor({ state: 'detached' });
    });
    const device = (id: string) => ({ id, name: id, state: 'ready', firmware: 'D', links: [] });
    let answers: 'at once' | 'later' | 'without traffic' = 'at once';
    let answer: (() => void) | undefined;
    await page.route(`**/${LIVE}?*`, async (route) => {
      const id = new URL(route.request().url()).searchParams.get('device');
      if (answers === 'later' && id === 'first')
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
      const lines = [{ at: 5000, host: `AT+${id}\r\n` }];
      const traffic = { run: 1, now: 5000, next: 1, skipped: 0, lines };
      const json = { devices: [device('first'), device('second')] };
      await route.fulfill({ json: answers === 'without traffic' ? json : { ...json, traffic } });
    });
    await show(editor);
    const line = (text: string) => page.locator('.esp-at-live-line', { hasText: text });
    await line('AT+first').first().waitFor();
    answers = 'later';
    await eventually(() => Promise.resolve(answer !== undefined), true);
    await page.locator('.esp-at-live-device', { hasText: 'second' }).click();
    answer?.();
    await line('AT+second').first().waitFor();
    assert.equal(await line('AT+first').count(), 0);
    answers = 'without traffic';
    await drawn(editor);
    const first = page.locator('.esp-at-live-time').first();
    const time = await first.textContent();
    await drawn(editor);
    for (let press = 0; press < 2; press++) await page.locator('#esp-at-live-pause').click();
    assert.equal(await first.textContent(), time);
  });

  for (const locale of ['en-US', 'zh-CN'] as const) {
    for (const colorScheme of ['light', 'dark'] as const) {
      test(
        `in ${locale}, ${colorScheme}: shows every text, and nothing wider than the tab`,
        { locale, colorScheme },
        async (editor) => {
          const { page } = editor;
          await show(editor);
          if (colorScheme === 'dark') await editor.darken(nodeRed);
          await page.locator('#esp-at-live-about').click();
          await page.locator('.esp-at-live-line').first().waitFor();
          for (const width of [1440, 800]) {
            await page.setViewportSize({ width, height: 900 });
            await show(editor);
            await drawn(editor);
            const problems = await editor.run(`
            const tab = document.querySelector('.esp-at-live');
            const found = [];
            if (/esp-at-live:|live\\./.test(tab.innerText)) found.push('a key without text');
            if (tab.scrollWidth > tab.clientWidth + 1) found.push('wider than the tab');
            return found;`);
            assert.deepEqual(problems, [], `${width}`);
          }
          await page.locator('#esp-at-live-about').click();
          // The first rows of the AT traffic show without scrolling, in half a sidebar too.
          const traffic = await editor.run(`
          document.querySelector('.esp-at-live').scrollTop = 0;
          const list = document.querySelector('.esp-at-live-list').getBoundingClientRect();
          const { bottom } = document.querySelector('.esp-at-live').getBoundingClientRect();
          return Math.min(list.bottom, bottom) - list.top;`);
          assert.ok(Number(traffic) >= 40, `${String(traffic)} pixels`);
        },
      );
    }
  }
});
