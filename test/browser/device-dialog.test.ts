import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { idOf, type NodeRedMajor } from '../start/demo';
import { makeAuthority, makeIdentity } from '../harness/network/ws-server-certificates';
import { noBrowser, Workbench } from './workbench';

const authority = makeAuthority('Home CA');
const board = makeIdentity(authority, 'board');
const other = makeIdentity(authority, 'other');

/** What the runtime says, it says in its own language. */
const unfit = 'does not fit the client certificate';

const runs = [
  {
    nodeRed: '4',
    locale: 'en-US',
    ports: [
      /^Simulated ESP32\s+used by .*\s+sim:$/,
      /^Silicon Labs CP2102, no\. 0001\s+in use\s+\/dev\/ttyUSB7$/,
      /^Serial port\s+COM3$/,
    ],
  },
  {
    nodeRed: '5',
    locale: 'zh-CN',
    ports: [
      /^模拟的 ESP32\s+由 .* 使用\s+sim:$/,
      /^Silicon Labs CP2102, 序列号 0001\s+占用中\s+\/dev\/ttyUSB7$/,
      /^串口\s+COM3$/,
    ],
  },
] as const satisfies readonly { nodeRed: NodeRedMajor; locale: string; ports: RegExp[] }[];

for (const { nodeRed, locale, ports } of runs) {
  describe(
    `the dialog of esp-at-device, Node-RED ${nodeRed}, ${locale}`,
    { skip: noBrowser },
    () => {
      it('lists networks and ports, and checks certificates as they are pasted', async (t) => {
        const bench = await Workbench.start({ nodeRed });
        t.after(() => bench.dispose());
        const editor = await bench.editor({ locale });
        const { page } = editor;
        const picture = (name: string) => editor.picture(`device-${name}-${nodeRed}`);
        const tab = (name: string) => editor.tab(name);
        const id = idOf(bench.flows, 'esp-at-device');
        await editor.run('RED.editor.editConfig("", "esp-at-device", args);', id);
        await page.locator('#node-config-input-port').waitFor();

        await page.route('**/esp-at-websocket/ports', async (route) => {
          const given: unknown = await (await route.fetch()).json();
          assert.ok(Array.isArray(given));
          const simulated: unknown = given[0];
          const plugged = {
            value: '/dev/ttyUSB7',
            about: 'Silicon Labs CP2102',
            serialNumber: '0001',
            inUse: true,
          };
          await route.fulfill({ json: [simulated, plugged, { value: 'COM3' }] });
        });
        await page.locator('#esp-at-findPorts').click();
        const menu = page.locator('.red-ui-menu', { hasText: 'sim:' });
        await menu.getByText('sim:', { exact: true }).waitFor();
        const shown = await menu.locator('a').allInnerTexts();
        for (const [index, port] of ports.entries()) assert.match(shown[index] ?? '', port);
        await picture('port');
        await page.keyboard.press('Escape');

        await tab('network');
        await page.locator('#node-config-input-wifi').check();
        await page.locator('#esp-at-findNetworks').click();
        const found = page.locator('.red-ui-menu a', { hasText: /espressif.*-50 dBm/s });
        await found.waitFor();
        await picture('networks');
        await found.click();
        assert.equal(await page.locator('#node-config-input-ssid').inputValue(), 'espressif');
        await picture('network');

        await tab('links');
        await picture('links');

        await tab('certificates');
        const paste = async (field: string, text: string) => {
          await page.locator(field).fill(text);
          await page.locator(field).blur();
        };
        await paste('#node-config-input-ca0', authority.certificate);
        await paste('#node-config-input-certificate0', board.certificate);
        await paste('#esp-at-key0', other.key);
        const report = page.locator('#esp-at-report-0');
        await report.getByText(unfit).waitFor();
        assert.ok(await page.locator('#esp-at-key0.input-error').isVisible());
        await picture('certificates-wrong');
        await paste('#esp-at-key0', board.key);
        await report.getByText(unfit).waitFor({ state: 'detached' });
        assert.equal(await page.locator('.esp-at-pem.input-error').count(), 0);
        await picture('certificates');
        await tab('limits');
        await picture('limits');
        assert.deepEqual(editor.complaints, []);
      });
    },
  );
}
