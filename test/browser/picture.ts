// `npm run picture`: makes the pictures of README and docs/ from the running editor.
// `npm run picture -- gallery FOLDER [PART]`: every dialog and tab, light and dark, wide and narrow, in both languages
// and Node-REDs, for people to look at; only those with PART in their name, such as 5-zh-CN-dark-800.
import { join } from 'node:path';
import { root } from '../package/project';
import { idOf, type NodeRedMajor } from '../start/demo';
import type { Editor, EditorOptions } from './editor';
import { noBrowser, Workbench } from './workbench';

const dialogs = ['ws-open', 'ws-send', 'ws-request', 'ws-close', 'ws-status'];

/** The pictures of the pages, by file in docs/. Each begins where the one before ended. */
const pictures: Readonly<Record<string, (editor: Editor, bench: Workbench) => Promise<void>>> = {
  'demo.png': async (editor, bench) => {
    const flows = bench.flows;
    const press = (name: string) => editor.press(idOf(flows, 'inject', name));
    await press('open');
    await editor.status(idOf(flows, 'ws-status'), `127.0.0.1:${bench.demo.port}`);
    await press('send text');
    await editor.debugged('echo', 'Hello from the ESP32!');
    await press('send binary');
    await editor.debugged('echo', 'buffer[');
  },
  'live-view.png': (editor) => editor.run('RED.sidebar.show("esp-at");').then(() => undefined),
  'ws-open.png': async (editor, bench) => editor.edit(idOf(bench.flows, 'ws-open')),
  'esp-at-device.png': async (editor, bench) => {
    await editor.done();
    await editor.editConfig(idOf(bench.flows, 'esp-at-device'));
  },
};

async function pages(bench: Workbench): Promise<void> {
  await withEditor(bench, { width: 1440, height: 720 }, async (editor) => {
    for (const [file, show] of Object.entries(pictures)) {
      await show(editor, bench);
      await settled(editor);
      await editor.page.screenshot({ path: join(root, 'docs', file) });
    }
  });
}

async function gallery(folder: string, part: string, nodeRed: NodeRedMajor): Promise<void> {
  const bench = await Workbench.start({ nodeRed });
  const looks = (['en-US', 'zh-CN'] as const).flatMap((locale) =>
    (['light', 'dark'] as const).map((colorScheme) => ({ locale, colorScheme })),
  );
  try {
    const flows = bench.flows;
    for (const look of looks) {
      for (const width of [1440, 800]) {
        const options = { ...look, width, height: 800 };
        const name = `${nodeRed}-${look.locale}-${look.colorScheme}-${width}`;
        if (!name.includes(part)) continue;
        await withEditor(bench, options, async (editor) => {
          if (look.colorScheme === 'dark') await editor.darken(nodeRed);
          const shoot = async (what: string) => {
            const tabs = editor.page.locator('#esp-at-tabs li');
            const count = await tabs.count();
            for (let index = 0; index < Math.max(1, count); index++) {
              if (count > 0) await tabs.nth(index).click();
              await settled(editor);
              await editor.page.screenshot({ path: join(folder, `${what}-${index}-${name}.png`) });
            }
          };
          for (const type of dialogs) {
            const [node] = flows.filter((each) => each.type === type);
            if (!node) continue;
            await editor.edit(String(node.id));
            await shoot(type);
            await editor.done();
          }
          await editor.editConfig(idOf(flows, 'esp-at-device'));
          await shoot('device');
          await editor.done('node-config-dialog-ok');
          await editor.run('RED.sidebar.show("esp-at");');
          await shoot('live');
        });
      }
    }
  } finally {
    await bench.dispose();
  }
}

async function withEditor(
  bench: Workbench,
  {
    width,
    height,
    ...options
  }: EditorOptions & { readonly width: number; readonly height: number },
  use: (editor: Editor) => Promise<void>,
): Promise<void> {
  const editor = await bench.open(options);
  try {
    await editor.page.setViewportSize({ width, height });
    await use(editor);
  } finally {
    await editor.close();
  }
}

/** The grey notes about pressed buttons cover the canvas for some seconds, and trays slide in. */
async function settled(editor: Editor): Promise<void> {
  await editor.page.mouse.move(600, 640);
  await editor.page.waitForTimeout(500);
}

async function main(): Promise<void> {
  if (noBrowser !== false) throw new Error(noBrowser);
  const [what, folder, part = ''] = process.argv.slice(2);
  if (what === 'gallery' && folder !== undefined) {
    for (const nodeRed of ['4', '5'] as const) await gallery(folder, part, nodeRed);
    return;
  }
  const bench = await Workbench.start();
  try {
    await pages(bench);
  } finally {
    await bench.dispose();
  }
}

void main();
