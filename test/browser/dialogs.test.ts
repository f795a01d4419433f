import assert from 'node:assert/strict';
import { wrongValues } from '../harness/nodes/wrong-values';
import {
  assertTidy,
  placeRequest,
  trayWidth,
  typedInput,
  validations,
} from './harness/dialog-checks';
import { eventually } from './harness/eventually';
import { inEachEditor } from './harness/shared';

/** The nodes of the demo's flow that have links. */
const users = ['ws-open', 'ws-send', 'ws-close', 'ws-status'];
const dialogs = [...users, 'ws-request'];

inEachEditor('dialogs', (test) => {
  for (const locale of ['en-US', 'zh-CN'] as const) {
    test(`in ${locale}, show every text whole and on one line`, { locale }, async (editor) => {
      await placeRequest(editor);
      for (const type of dialogs) {
        await editor.edit(type === 'ws-request' ? type : editor.id(type));
        const tabs = await editor.page.locator('#esp-at-tabs li').count();
        for (let index = 0; index < Math.max(1, tabs); index++) {
          if (tabs > 0) await editor.tab(index);
          await assertTidy(editor, `${type}, tab ${index}, ${locale}`);
        }
        await editor.done();
      }
      await editor.editConfig(editor.id('esp-at-device'));
      const width = await trayWidth(editor);
      for (const index of [0, 1, 2, 3, 4, 5]) {
        await editor.tab(index);
        assert.equal(await trayWidth(editor), width, `tab ${index}`);
        await assertTidy(editor, `esp-at-device, tab ${index}, ${locale}`);
      }
      for (const type of [...dialogs, 'esp-at-device']) {
        const help = String(await editor.run('return RED.nodes.getNodeHelp(args);', type));
        assert.match(help, locale === 'zh-CN' ? /<h3>详细/ : /<h3>Details/, type);
      }
    });
  }

  test('validate a setting by the current values of the dialog', async (editor) => {
    const { page } = editor;
    const wrong = (field: string) => page.locator(`#node-${field}.input-error`);
    await editor.editConfig(editor.id('esp-at-device'));
    await editor.tab('network');
    assert.equal(await wrong('config-input-ssid').count(), 0);
    await page.locator('#node-config-input-wifi').check();
    await wrong('config-input-ssid').waitFor();
    await editor.fill('#node-config-input-bssid', 'zz');
    await wrong('config-input-bssid').waitFor();
    await page.locator('#node-config-input-wifi').uncheck();
    await wrong('config-input-ssid').waitFor({ state: 'detached' });
    await wrong('config-input-bssid').waitFor({ state: 'detached' });
    await page.locator('#node-config-dialog-cancel').click();
    await page.locator('#node-config-dialog-ok').waitFor({ state: 'detached' });
    await editor.edit(editor.id('ws-open'));
    const uri = typedInput(editor, 'uri');
    await uri.fill('');
    await page.locator('#node-input-keepOpen').check();
    await wrong('input-uri').waitFor({ state: 'attached' });
    await page.locator('#esp-at-use-echo').click();
    await eventually(() => uri.inputValue(), 'ws://echo.sim/');
    await wrong('input-uri').waitFor({ state: 'detached' });
    await page.locator('#esp-at-use-echo').waitFor();
  });

  test('show messages of the runtime as text, not as HTML', { complains: true }, async (editor) => {
    const { page } = editor;
    const device = editor.id('esp-at-device');
    const message = 'no port <img src=x onerror="hurt = 1">';
    const error = { code: 'UNKNOWN', details: {}, message };
    await page.route('**/esp-at-websocket/networks/*', (route) =>
      route.fulfill({ status: 409, json: { error } }),
    );
    await editor.editConfig(device);
    await editor.tab('network');
    await page.locator('#node-config-input-wifi').check();
    await page.locator('#esp-at-findNetworks').click();
    await page
      .locator('#red-ui-notifications', { hasText: 'no port <img' })
      .waitFor({ state: 'attached' });
    assert.equal(await page.locator('#red-ui-notifications img').count(), 0);
  });

  test('list every node in the palette, under words that a newcomer looks for', async (editor) => {
    const { page } = editor;
    for (const type of dialogs) {
      const heading = await editor.run(
        `return $('[data-palette-type="' + args + '"]').closest('.red-ui-palette-category').find('.red-ui-palette-header').text();`,
        type,
      );
      assert.equal(heading, 'ESP-AT WebSocket (ESP32)', type);
      const entry = page.locator(`[data-palette-type="${type}"]`);
      const more = { 'ws-open': ' and receive', 'ws-request': ' and reply' }[type] ?? '';
      const lines = type.replace('-', '\u2011') + more.replace(' ', '\n').replace(' ', '\u00a0');
      assert.equal(await entry.locator('.red-ui-palette-label').innerText(), lines);
      // The quick-add list searches this.
      assert.equal(
        await editor.run('return RED.nodes.getType(args).paletteLabel();', type),
        `${type}${more} (ESP32 AT WebSocket)`,
      );
    }
    for (const word of ['esp', 'websocket', 'at']) {
      await page.locator('#red-ui-palette-search input').fill(word);
      for (const type of dialogs) await page.locator(`[data-palette-type="${type}"]`).waitFor();
    }
  });

  test('give a new node the only device and a free link, and a new device a free port', async (editor) => {
    const { page } = editor;
    const device = editor.id('esp-at-device');
    const made = await editor.run(
      `const node = { id: 'fresh', type: 'ws-open', link: '0' };
       RED.nodes.getType('ws-open').onadd.call(node);
       return [node.device, node.link];`,
    );
    assert.deepEqual(made, [device, '1']);
    await editor.editConfig('_ADD_', 'esp-at-device');
    const port = page.locator('#node-config-input-port');
    await eventually(() => port.inputValue(), 'sim:2');
    await eventually(() => page.locator('#node-config-input-name').inputValue(), 'ESP32');
    await editor.fill(port, 'sim:');
    await page.locator('#node-config-input-port.input-error').waitFor();
  });

  test('give a new ws-send the link of the newest ws-open in its flow', async (editor) => {
    const device = editor.id('esp-at-device');
    const newest = { id: 'newest', type: 'ws-open', device, link: '2', x: 300, y: 700 };
    await editor.place([{ ...newest, wires: [[], []] }]);
    const links = await editor.run(
      `return [RED.workspaces.active(), 'another flow'].map((z) => {
         const node = { id: 'fresh', type: 'ws-send', link: '0', z };
         RED.nodes.getType('ws-send').onadd.call(node);
         return node.link;
       });`,
    );
    assert.deepEqual(links, ['2', '0']);
  });

  test('take the only device where a node is older than its device', async (editor) => {
    const sender = editor.id('ws-send');
    await editor.run('RED.nodes.node(args).device = "";', sender);
    await editor.edit(sender);
    const device = editor.page.locator('#node-input-device');
    await eventually(() => device.inputValue(), editor.id('esp-at-device'));
  });

  for (const locale of ['en-US', 'zh-CN'] as const) {
    test(`in ${locale}, refuse every wrong value with its sentence`, { locale }, async (editor) => {
      await placeRequest(editor);
      const rows = Object.entries(wrongValues).flatMap(([type, values]) =>
        values.map((row) => [type, ...row] as const),
      );
      const said = await validations(
        editor,
        rows.map(([type, field, value, , settings]) => {
          const id = type === 'ws-request' ? type : editor.id(type);
          return { id, field, value, settings };
        }),
      );
      const accepted = rows.flatMap(([type, field, value, english], index) => {
        const expected = locale === 'en-US' ? english : /\p{Script=Han}/u;
        const sentence = String(said[index]);
        return expected.test(sentence)
          ? []
          : [`${type} ${field} ${JSON.stringify(value)}: ${sentence}`];
      });
      assert.deepEqual(accepted, []);
    });
  }

  test('accept what the runtime accepts', async (editor) => {
    const right: readonly (readonly [type: string, field: string, value: unknown])[] = [
      ['ws-open', 'uri', ''],
      ['ws-open', 'uri', 'wss://{{flow.host}}/grüß dich'],
      ['esp-at-device', 'port', 'tcp://bridge:23'],
      ['esp-at-device', 'port', 'sim:?fault=late=AT+WSSEND,3s'],
      ['esp-at-device', 'port', 'sim:?fault=lose=2%25,to-host'],
      ['esp-at-device', 'port', 'sim:?fault=restart=0'],
    ];
    const attempts = right.map(([type, field, value]) => ({
      id: editor.id(type),
      field,
      value,
    }));
    const said = await validations(editor, attempts);
    assert.deepEqual(
      right.filter((_, index) => said[index] !== true),
      [],
    );
  });

  test('never export an authorization; show only that it is set', async (editor) => {
    const { page } = editor;
    const open = editor.id('ws-open');
    await editor.edit(open);
    await page.locator('#node-input-authorization').fill('Bearer top-secret');
    await editor.done();
    await editor.deploy();
    await page.reload();
    await editor.ready();
    const exported = await editor.run(
      'return JSON.stringify(RED.nodes.createExportableNodeSet(RED.nodes.filterNodes({})));',
    );
    assert.match(String(exported), /"type":"ws-open"/);
    assert.doesNotMatch(String(exported), /top-secret/);
    assert.doesNotMatch(JSON.stringify(await editor.demo.flows()), /top-secret/);
    await editor.edit(open);
    const authorization = page.locator('#node-input-authorization');
    await eventually(() => authorization.inputValue(), '__PWRD__');
    await editor.done();
    assert.doesNotMatch(editor.demo.output, /top-secret/);
  });

  test('name the node that opens a link, or say that none does', async (editor) => {
    const [open, send] = [editor.id('ws-open'), editor.id('ws-send')];
    const device = editor.id('esp-at-device');
    const note = editor.page.locator('.esp-at-note');
    const link = editor.page.locator('#node-input-link');
    await editor.edit(send);
    await eventually(() => note.innerText(), 'The same link as in ws-open.');
    await link.selectOption('1');
    await eventually(() => note.innerText(), 'No ws-open node opens link 1 of this device yet.');
    await link.selectOption('msg');
    await note.waitFor({ state: 'hidden' });
    await link.selectOption('0');
    await editor.done();
    await editor.edit(open);
    await eventually(() => note.innerText(), "One of the device's three connections.");
    await editor.done();
    const z = editor.flows.find(({ id }) => id === open)?.z;
    const rival = {
      id: 'rival',
      type: 'ws-open',
      name: 'rival',
      device,
      link: '0',
      x: 600,
      y: 700,
    };
    await editor.place([{ ...rival, z, wires: [[], []] }]);
    await editor.edit(open);
    const also = (names: string) =>
      `These nodes open link 0, too: ${names}. Only the one that opens it last gets the messages.`;
    await eventually(() => note.innerText(), also('rival'));
    await editor.done();
    await editor.place([
      { id: 'elsewhere', type: 'tab', label: 'Elsewhere' },
      { ...rival, id: 'nameless', name: '', z: 'elsewhere', wires: [[], []] },
    ]);
    await editor.edit(open);
    await eventually(() => note.innerText(), also('rival, ws-open link 0 (Elsewhere)'));
  });
});
