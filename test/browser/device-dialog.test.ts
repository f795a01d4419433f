import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listen } from '../../simulator/serial/server';
import { catalog } from '../harness/editor/catalog';
import { makeAuthority, makeIdentity } from '../harness/network/ws-server-certificates';
import type { Editor } from './harness/editor';
import { temporaryFolder } from '../harness/temporary-folder';
import { eventually } from './harness/eventually';
import { inEachEditor } from './harness/shared';

const authority = makeAuthority('Home CA');
const board = makeIdentity(authority, 'board');
const other = makeIdentity(authority, 'other');

/** The dialog is tested in one language with each Node-RED. */
const locales = { '4': 'en-US', '5': 'zh-CN' } as const;
const ports = {
  '4': [
    /^Simulated ESP32\s+this device\s+sim:$/,
    /^Silicon Labs CP2102, no\. 0001\s+in use\s+\/dev\/ttyUSB7$/,
    /^Serial port\s+COM3$/,
    /^Serial port\s+used by other board\s+\/dev\/serial\/by-id\/usb-x$/,
  ],
  '5': [
    /^模拟的 ESP32\s+本设备\s+sim:$/,
    /^Silicon Labs CP2102, 序列号 0001\s+占用中\s+\/dev\/ttyUSB7$/,
    /^串口\s+COM3$/,
    /^串口\s+由 other board 使用\s+\/dev\/serial\/by-id\/usb-x$/,
  ],
};

inEachEditor('the dialog of esp-at-device', locales, (test, nodeRed) => {
  const locale = locales[nodeRed];
  const words = catalog(locale, 'esp-at-device');
  const shared = catalog(locale);

  async function chooseNetwork(editor: Editor): Promise<void> {
    const { page } = editor;
    await editor.tab('network');
    await page.locator('#node-config-input-wifi').check();
    await page.locator('#esp-at-findNetworks').click();
    const found = page.locator('.red-ui-menu a', { hasText: /espressif.*-50 dBm/s });
    await found.click();
    await eventually(() => page.locator('#node-config-input-ssid').inputValue(), 'espressif');
  }

  test('lists networks and ports, and checks certificates as they are pasted', async (editor) => {
    const { page } = editor;
    await editor.place([
      { id: 'other', type: 'esp-at-device', name: 'other board', port: '/dev/ttyUSB8' },
    ]);
    await editor.editConfig(editor.id('esp-at-device'));

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
      const taken = { value: '/dev/serial/by-id/usb-x', device: '/dev/ttyUSB8', inUse: true };
      await route.fulfill({ json: [simulated, plugged, { value: 'COM3' }, taken] });
    });
    await page.locator('#esp-at-findPorts').click();
    const menu = page.locator('.red-ui-menu', { hasText: 'sim:' });
    await menu.getByText('sim:', { exact: true }).waitFor();
    const shown = await menu.locator('a').allInnerTexts();
    for (const [index, port] of ports[nodeRed].entries()) assert.match(shown[index] ?? '', port);
    await page.keyboard.press('Escape');

    await chooseNetwork(editor);

    await editor.tab('certificates');
    await editor.fill('#node-config-input-ca0', authority.certificate);
    await editor.fill('#node-config-input-certificate0', board.certificate);
    await editor.fill('#esp-at-key0', other.key);
    const report = page.locator('#esp-at-report-0');
    const unfit = shared('reasons.KEY_MISMATCH');
    await report.getByText(unfit).waitFor();
    await page.locator('#esp-at-key0.input-error').waitFor();
    await editor.fill('#esp-at-key0', board.key);
    await report.getByText(unfit).waitFor({ state: 'detached' });
    await eventually(() => page.locator('.esp-at-pem.input-error').count(), 0);
  });

  test(
    'follows the settings: largest buffer, reset by RTS, certificates that it could not check',
    { complains: true },
    async (editor) => {
      const { page } = editor;
      await editor.editConfig(editor.id('esp-at-device'));
      const port = page.locator('#node-config-input-port');
      const buffer = page.locator('#esp-at-link-0-bufferSize');
      const limits = async () => [
        await page.locator('#esp-at-row-bufferSize small').textContent(),
        await buffer.evaluate((field) => field.classList.contains('input-error')),
      ];
      await editor.tab('links');
      await buffer.fill('10000');
      assert.deepEqual(await limits(), ['125–16384', false]);
      await editor.tab('port');
      await editor.fill(port, 'sim:?firmware=C');
      await eventually(limits, ['125–8192', true]);

      // The answer about another port comes after this one was chosen.
      let answer: (() => void) | undefined;
      await page.route('**/esp-at-websocket/firmware/*', async (route) => {
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        await route.fulfill({ json: { firmware: 'D' } });
      });
      await editor.fill(port, '/dev/ttyUSB7');
      await eventually(() => Promise.resolve(answer !== undefined), true);
      await editor.fill(port, 'sim:?firmware=B');
      await eventually(limits, ['125–8192', true]);
      const answered = page.waitForResponse('**/esp-at-websocket/firmware/*');
      answer?.();
      await answered;
      await page.waitForFunction('$.active === 0');
      assert.deepEqual(await limits(), ['125–8192', true]);
      await page.unroute('**/esp-at-websocket/firmware/*');

      await editor.fill(port, '/dev/ttyUSB7');
      await eventually(limits, ['125–16384', false]);
      const reset = page.locator('#node-config-input-hardwareReset');
      await page.locator('#node-config-input-autoRate').uncheck();
      await page.locator('#node-config-input-flowControl').check();
      assert.equal(await reset.isDisabled(), true);
      await page.locator('#node-config-input-autoRate').check();
      assert.equal(await reset.isDisabled(), false);

      await editor.tab('certificates');
      const ca = page.locator('#node-config-input-ca0');
      const report = page.locator('#esp-at-report-0');
      await editor.fill(ca, authority.certificate);
      await report.getByText(words('tip.certificatesFit')).waitFor();
      await page.route('**/esp-at-websocket/certificates', (route) =>
        route.fulfill({ status: 403 }),
      );
      await editor.fill(ca, board.certificate);
      await report.getByText(words('tip.certificatesUnchecked')).waitFor();
      assert.equal(await report.getByText(words('tip.certificatesFit')).count(), 0);
    },
  );

  const scans = [
    ['finds none', { json: { networks: [], endedPrompt: true } }, 'tip.noNetworks'],
    [
      'fails',
      {
        status: 409,
        json: { endedPrompt: true, error: { code: 'DEVICE_RESTARTED', details: {} } },
      },
      'tip.networksFailed',
    ],
  ] as const;
  for (const [outcome, answer, sentence] of scans)
    test(
      `tells that a scan for networks has ended the data prompt of another program, and ${outcome}`,
      { complains: outcome === 'fails' },
      async (editor) => {
        const { page } = editor;
        await page.route('**/esp-at-websocket/networks/*', (route) => route.fulfill(answer));
        await editor.editConfig(editor.id('esp-at-device'));
        await editor.tab('network');
        await page.locator('#node-config-input-wifi').check();
        await page.locator('#esp-at-findNetworks').click();
        for (const hasText of [shared('doctor.PROMPT_OPEN'), words(sentence)])
          await page.locator('#red-ui-notifications', { hasText }).waitFor({ state: 'attached' });
      },
    );

  test('before the first deploy: tests the port, lists networks, and checks a TLS configuration', async (editor, _bench, t) => {
    const bridge = await listen({ port: 0, firmware: 'C', joined: true });
    t.after(() => bridge.close());
    const folder = temporaryFolder(t);
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

    await chooseNetwork(editor);

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
    }
    await choice.selectOption('tls-good');
    await report.getByText(words('tip.certificatesFit')).waitFor();
    await editor.done('node-config-dialog-ok');
    await editor.deploy();
    const device = (await editor.demo.flows()).find((node) => node.port === port);
    assert.deepEqual([device?.tls0, device?.tls1], ['tls-good', '']);
  });

  test('an emptied key field: no key, or the stored one until that is deleted', async (editor) => {
    const { page } = editor;
    await editor.editConfig('_ADD_', 'esp-at-device');
    await page.locator('#node-config-input-port').fill('sim:key');
    const paste = async (text: string) => {
      await editor.fill('#esp-at-key0', text);
      return page.locator('#node-config-input-key0').inputValue();
    };
    await editor.tab('certificates');
    assert.deepEqual([await paste(other.key), await paste('')], [other.key, '']);
    assert.equal(await paste(board.key), board.key);
    await editor.done('node-config-dialog-ok');
    await editor.deploy();
    const id = (await editor.demo.flows()).find((node) => node.port === 'sim:key')?.id;
    await editor.editConfig(String(id));
    await editor.tab('certificates');
    assert.deepEqual([await paste(other.key), await paste('')], [other.key, '__PWRD__']);
    await paste(other.key);
    await page.locator('#esp-at-forget-key0').click();
    assert.deepEqual([await page.locator('#esp-at-key0').inputValue(), await paste('')], ['', '']);
  });
});
