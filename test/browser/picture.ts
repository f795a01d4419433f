// `npm run picture`: makes the pictures of README and docs/ from the running editor.
// `npm run picture -- gallery FOLDER [PART]`: every dialog, tab and example, light and dark, wide and narrow, in both languages
// and Node-REDs, for people to look at; only those with PART in their name, such as 5-zh-CN-dark-800.
import { join } from 'node:path';
import { makeAuthority } from '../harness/network/ws-server-certificates';
import { bareExamples, root } from '../package/project';
import { idOf, type NodeRedMajor } from '../start/demo';
import { flowOf } from '../start/example';
import type { Editor, EditorOptions } from './harness/editor';
import { noBrowser, Workbench } from './harness/workbench';

const dialogs = ['ws-open', 'ws-send', 'ws-request', 'ws-close', 'ws-status'];

type Show = (editor: Editor, bench: Workbench) => Promise<void>;

interface Picture {
  readonly show: Show;
  /** The element that it is cut to. */
  readonly of?: string;
  /** Pixels of the element's height and width, where not all. */
  readonly height?: number;
  readonly width?: number;
}

/** The pictures of the pages, by file in docs/. Each begins where the one before ended. */
const pictures: Readonly<Record<string, Picture>> = {
  'demo.png': {
    async show(editor, { demo, flows }) {
      const press = (name: string) => editor.press(idOf(flows, 'inject', name));
      await press('open');
      await editor.status(idOf(flows, 'ws-status'), `127.0.0.1:${demo.port}`);
      await press('send text');
      await editor.debugged('echo', 'Hello from the ESP32!');
      await press('send binary');
      await editor.debugged('echo', 'buffer[');
    },
  },
  'live-view.png': {
    of: '.red-ui-sidebar:visible, #red-ui-sidebar',
    show: async (editor) => {
      await editor.run('RED.sidebar.show("esp-at");');
      await editor.page.locator('.esp-at-live-line').first().waitFor();
    },
  },
  'ws-open.png': {
    of: '.red-ui-tray',
    async show(editor, { flows }) {
      await editor.edit(idOf(flows, 'ws-open'));
      const uri = '#node-input-uri + .red-ui-typedInput-container .red-ui-typedInput-input';
      await editor.page.locator(uri).fill('ws://echo.sim/');
    },
  },
  'esp-at-device.png': {
    of: '.red-ui-tray',
    async show(editor, { flows }) {
      await editor.done();
      await editor.editConfig(idOf(flows, 'esp-at-device'));
    },
  },
  'certificates.png': {
    of: '.red-ui-tray',
    async show(editor) {
      await editor.tab('certificates');
      const { certificate } = makeAuthority('My CA');
      await editor.fill('#node-config-input-ca0', certificate);
      await editor.page.locator('#esp-at-report-0').waitFor();
    },
  },
  'failed-attempt.png': {
    of: '#red-ui-workspace-chart',
    height: 130,
    width: 420,
    async show(editor, { flows }) {
      await editor.page.locator('#node-config-dialog-cancel').click();
      await editor.page.locator('#node-config-dialog-ok').waitFor({ state: 'detached' });
      const open = flows.find(({ type }) => type === 'ws-open');
      await editor.place([
        { id: 'away', type: 'tab', label: 'A server that is away' },
        {
          ...open,
          id: 'open-away',
          z: 'away',
          x: 160,
          y: 80,
          link: '2',
          uri: 'ws://127.0.0.1:1/',
          keepOpen: true,
          wires: [[], []],
          name: '',
        },
      ]);
      await editor.deploy();
      // A shorter delay would end before the picture.
      await editor.status('open-away', /not reached, again in [3-9] s/);
    },
  },
  'fleet.png': {
    of: '#red-ui-workspace',
    height: 300,
    async show(editor) {
      await editor.place(flowOf('Fleet - devices of one host'));
      await editor.run(
        `RED.actions.invoke('core:toggle-sidebar'); RED.actions.invoke('core:toggle-palette');
         for (let step = 0; step < 2; step++) RED.actions.invoke('core:zoom-out');`,
      );
    },
  },
};

async function pages(bench: Workbench): Promise<void> {
  await withEditor(bench, { width: 1200, height: 640 }, async (editor) => {
    for (const [file, { show, of, ...size }] of Object.entries(pictures)) {
      await show(editor, bench);
      await settled(editor);
      const path = join(root, 'docs', file);
      const shot = { path, animations: 'disabled' } as const;
      if (of === undefined) await editor.page.screenshot(shot);
      else {
        const box = await editor.page.locator(of).last().boundingBox();
        if (!box) throw new Error(`${of} is not shown`);
        await editor.page.screenshot({ ...shot, clip: { ...box, ...size } });
      }
    }
  });
}

async function gallery(folder: string, part: string, nodeRed: NodeRedMajor): Promise<void> {
  const looks = (['en-US', 'zh-CN'] as const)
    .flatMap((locale) =>
      (['light', 'dark'] as const).flatMap((colorScheme) =>
        [1440, 800].map((width) => ({
          options: { locale, colorScheme, width, height: 800 },
          name: `${nodeRed}-${locale}-${colorScheme}-${width}`,
        })),
      ),
    )
    .filter(({ name }) => name.includes(part));
  if (looks.length === 0) return;
  const bench = await Workbench.start({ nodeRed });
  try {
    const flows = bench.flows;
    for (const { options, name } of looks) {
      await withEditor(bench, options, async (editor) => {
        if (options.colorScheme === 'dark') await editor.darken(nodeRed);
        const shoot = async (what: string) => {
          const tabs = editor.page.locator('#esp-at-tabs li');
          const count = await tabs.count();
          for (let index = 0; index < Math.max(1, count); index++) {
            if (count > 0) await editor.tab(index);
            await settled(editor);
            await editor.page.screenshot({ path: join(folder, `${what}-${index}-${name}.png`) });
          }
        };
        const request = { id: 'request', type: 'ws-request', x: 100, y: 600, wires: [[]] };
        await editor.place([{ ...(await editor.defaultsOf('ws-request')), ...request }]);
        for (const type of dialogs) {
          const node = flows.find((each) => each.type === type);
          await editor.edit(node ? String(node.id) : 'request');
          await shoot(type);
          await editor.done();
        }
        // Node-RED 4.1 hides the palette in a narrow window.
        const isWide = options.width > 1000;
        if (isWide) {
          const search = editor.page.locator('#red-ui-palette-search input');
          await search.pressSequentially('esp');
          await shoot('palette');
          await search.fill('');
          await search.press('Backspace');
        }
        await editor.editConfig(idOf(flows, 'esp-at-device'));
        await shoot('device');
        await editor.done('node-config-dialog-ok');
        await editor.run('RED.sidebar.show("esp-at");');
        await shoot('live');
        // A canvas has more to show than fits beside the sidebars.
        if (isWide) await editor.page.setViewportSize({ width: 2000, height: options.height });
        for (const [path, flow] of bareExamples()) {
          if (path.includes('Echo over')) continue;
          await editor.place(flow);
          await shoot(`example-${path.replace(/^.*\/|\.json$|\W+/g, '-')}`);
        }
      });
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
