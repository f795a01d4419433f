import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { listen } from '../../simulator/serial/server';
import { catalog } from '../harness/editor/catalog';
import { idOf, type NodeRedMajor } from '../start/demo';
import { makeAuthority, makeIdentity } from '../harness/network/ws-server-certificates';
import { eventually } from './harness/eventually';
import { majors, sharedBench } from './harness/shared';
import { noBrowser, type Workbench } from './harness/workbench';

const authority = makeAuthority('Home CA');
const board = makeIdentity(authority, 'board');
const other = makeIdentity(authority, 'other');

const runs = [
  {
    nodeRed: '4',
    locale: 'en-US',
    ports: [
      /^Simulated ESP32\s+this device\s+sim:$/,
      /^Silicon Labs CP2102, no\. 0001\s+in use\s+\/dev\/ttyUSB7$/,
      /^Serial port\s+COM3$/,
    ],
  },
  {
    nodeRed: '5',
    locale: 'zh-CN',
    ports: [
      /^模拟的 ESP32\s+本设备\s+sim:$/,
      /^Silicon Labs CP2102, 序列号 0001\s+占用中\s+\/dev\/ttyUSB7$/,
      /^串口\s+COM3$/,
    ],
  },
] as const satisfies readonly { nodeRed: NodeRedMajor; locale: string; ports: RegExp[] }[];

for (const { nodeRed, locale, ports } of runs.filter((run) => majors.includes(run.nodeRed))) {
  describe(
    `the dialog of esp-at-device, Node-RED ${nodeRed}, ${locale}`,
    { skip: noBrowser },
    () => {
      let bench: Workbench;
      before(async () => {
        bench = await sharedBench(nodeRed);
      });

      it('lists networks and ports, and checks certificates as they are pasted', async () => {
        const editor = await bench.editor({ locale });
        const { page } = editor;
        const picture = (name: string) => editor.picture(`device-${name}-${nodeRed}`);
        const tab = (name: string) => editor.tab(name);
        const id = idOf(bench.flows, 'esp-at-device');
        await editor.editConfig(id);

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
        await eventually(() => page.locator('#node-config-input-ssid').inputValue(), 'espressif');
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
        const words = catalog(locale);
        const unfit = words('reasons.KEY_MISMATCH');
        await report.getByText(unfit).waitFor();
        await page.locator('#esp-at-key0.input-error').waitFor();
        await picture('certificates-wrong');
        await paste('#esp-at-key0', board.key);
        await report.getByText(unfit).waitFor({ state: 'detached' });
        await eventually(() => page.locator('.esp-at-pem.input-error').count(), 0);
        await picture('certificates');
        await tab('limits');
        await picture('limits');
        assert.deepEqual(editor.complaints, []);
      });

      it('follows the settings: largest buffer, reset by RTS, certificates that it could not check', async () => {
        const editor = await bench.editor({ locale });
        const { page } = editor;
        const tab = (name: string) => editor.tab(name);
        await editor.editConfig(idOf(bench.flows, 'esp-at-device'));
        const port = page.locator('#node-config-input-port');
        const buffer = page.locator('#esp-at-link-0-bufferSize');
        const limits = async () => [
          await page.locator('#esp-at-row-bufferSize small').textContent(),
          await buffer.evaluate((field) => field.classList.contains('input-error')),
        ];
        await tab('links');
        await buffer.fill('10000');
        assert.deepEqual(await limits(), ['125–16384', false]);
        await tab('port');
        await port.fill('sim:?firmware=C');
        await port.blur();
        await eventually(limits, ['125–8192', true]);

        // The answer about another port comes after this one was chosen.
        let answer: (() => void) | undefined;
        await page.route('**/esp-at-websocket/firmware/*', async (route) => {
          await new Promise<void>((resolve) => {
            answer = resolve;
          });
          await route.fulfill({ json: { firmware: 'D' } });
        });
        await port.fill('/dev/ttyUSB7');
        await port.blur();
        await eventually(() => Promise.resolve(answer !== undefined), true);
        await port.fill('sim:?firmware=B');
        await port.blur();
        await eventually(limits, ['125–8192', true]);
        const answered = page.waitForResponse('**/esp-at-websocket/firmware/*');
        answer?.();
        await answered;
        await page.waitForFunction('$.active === 0');
        assert.deepEqual(await limits(), ['125–8192', true]);
        await page.unroute('**/esp-at-websocket/firmware/*');

        await port.fill('/dev/ttyUSB7');
        await port.blur();
        await eventually(limits, ['125–16384', false]);
        const reset = page.locator('#node-config-input-hardwareReset');
        await page.locator('#node-config-input-autoRate').uncheck();
        await page.locator('#node-config-input-flowControl').check();
        assert.equal(await reset.isDisabled(), true);
        await page.locator('#node-config-input-autoRate').check();
        assert.equal(await reset.isDisabled(), false);

        await tab('certificates');
        const ca = page.locator('#node-config-input-ca0');
        const report = page.locator('#esp-at-report-0');
        const words = catalog(locale, 'esp-at-device');
        await ca.fill(authority.certificate);
        await ca.blur();
        await report.getByText(words('tip.certificatesFit')).waitFor();
        await page.route('**/esp-at-websocket/certificates', (route) =>
          route.fulfill({ status: 403 }),
        );
        await ca.fill(board.certificate);
        await ca.blur();
        await report.getByText(words('tip.certificatesUnchecked')).waitFor();
        assert.equal(await report.getByText(words('tip.certificatesFit')).count(), 0);
      });

      it('before the first deploy: tests the port, lists networks, and checks a TLS configuration', async (t) => {
        const bridge = await listen({ port: 0, firmware: 'C', joined: true });
        t.after(() => bridge.close());
        const folder = mkdtempSync(join(tmpdir(), 'esp-at-dialog-'));
        t.after(() => rmSync(folder, { recursive: true }));
        const file = (name: string, text: string) => {
          writeFileSync(join(folder, name), text);
          return join(folder, name);
        };
        const paths = {
          ca: file('ca.pem', authority.certificate),
          cert: file('board.pem', board.certificate),
          key: file('board.key', board.key),
        };
        const tls = (id: string, settings: object) => ({
          id,
          type: 'tls-config',
          name: id,
          verifyservercert: true,
          servername: '',
          ...paths,
          ...settings,
        });
        const words = catalog(locale, 'esp-at-device');
        const shared = catalog(locale);
        const editor = await bench.editor({ locale });
        const { page } = editor;
        await editor.place([
          tls('tls-good', {}),
          tls('tls-missing', { ca: join(folder, 'none') }),
          tls('tls-without-ca', { ca: '' }),
        ]);
        await editor.editConfig('_ADD_', 'esp-at-device');
        const port = `tcp://127.0.0.1:${bridge.port}`;
        await page.locator('#node-config-input-port').fill(port);

        await page.locator('#esp-at-test').click();
        const findings = page.locator('#esp-at-findings');
        // On a busy machine the doctor may find noise as well.
        await findings.getByText(shared('doctor.BRIDGE')).waitFor();
        await editor.picture(`device-test-${nodeRed}`);

        await editor.tab('network');
        await page.locator('#node-config-input-wifi').check();
        await page.locator('#esp-at-findNetworks').click();
        await page.locator('.red-ui-menu a', { hasText: /espressif.*-50 dBm/s }).click();
        await eventually(() => page.locator('#node-config-input-ssid').inputValue(), 'espressif');

        await editor.tab('links');
        await page.locator('#esp-at-link-0-auth').selectOption('3');
        await editor.tab('certificates');
        const choice = page.locator('#node-config-input-tls0');
        const report = page.locator('#esp-at-report-0');
        for (const [id, sentence] of [
          ['tls-missing', shared('reasons.FILES_UNREADABLE')],
          ['tls-without-ca', shared('reasons.HOLDS_NO_CA')],
        ] as const) {
          await choice.selectOption(id);
          await report.getByText(sentence).waitFor();
          await page.locator('select#node-config-input-tls0.input-error').waitFor();
          await page.locator('#esp-at-pem-0').waitFor({ state: 'hidden' });
          await editor.picture(`device-${id}-${nodeRed}`);
        }
        await choice.selectOption('tls-good');
        await report.getByText(words('tip.certificatesFit')).waitFor();
        await editor.picture(`device-tls-good-${nodeRed}`);
        await editor.done('node-config-dialog-ok');
        await editor.deploy();
        const device = (await bench.demo.flows()).find((node) => node.port === port);
        assert.deepEqual([device?.tls0, device?.tls1], ['tls-good', '']);
        assert.deepEqual(editor.complaints, []);
      });

      it('an emptied key field: no key, or the stored one until that is deleted', async () => {
        const editor = await bench.editor({ locale });
        const { page } = editor;
        await editor.editConfig('_ADD_', 'esp-at-device');
        await page.locator('#node-config-input-port').fill('sim:key');
        const paste = async (text: string) => {
          await page.locator('#esp-at-key0').fill(text);
          await page.locator('#esp-at-key0').blur();
          return page.locator('#node-config-input-key0').inputValue();
        };
        await editor.tab('certificates');
        assert.deepEqual([await paste(other.key), await paste('')], [other.key, '']);
        assert.equal(await paste(board.key), board.key);
        await editor.done('node-config-dialog-ok');
        await editor.deploy();
        const id = (await bench.demo.flows()).find((node) => node.port === 'sim:key')?.id;
        await editor.editConfig(String(id));
        await editor.tab('certificates');
        assert.deepEqual([await paste(other.key), await paste('')], [other.key, '__PWRD__']);
        await paste(other.key);
        await page.locator('#esp-at-forget-key0').click();
        assert.deepEqual(
          [await page.locator('#esp-at-key0').inputValue(), await paste('')],
          ['', ''],
        );
      });
    },
  );
}
