import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { finding } from '../../../driver/doctor/findings';
import { serveDoctor } from '../../../nodes/shared/admin/doctor';
import { deviceSettings } from '../../../nodes/shared/settings/device-settings';
import { unchecked } from '../../harness/refused';

const util = { getSetting: () => undefined };

/** What the driver gets. */
function rates(settings: object) {
  const node = unchecked({ credentials: {} });
  const { serial, options } = deviceSettings(unchecked({ util }), node, unchecked(settings));
  return [serial.rate, options.negotiatedRate];
}

describe('a wrong baud rate in a field that the dialog hides', () => {
  for (const [settings, expected] of [
    [{ port: 'COM3', autoRate: true, rate: 'fast', raiseTo: '1' }, [115_200, 'automatic']],
    [{ port: 'COM3', autoRate: true, rate: '921600' }, [921_600, 'automatic']],
    [{ port: 'sim:', autoRate: false, rate: '1', raiseTo: 'fast' }, [115_200, 0]],
    [{ port: 'tcp://h:1', autoRate: false, rate: '9600', raiseTo: 'fast' }, [9600, 0]],
  ] as const) {
    it(`${JSON.stringify(settings)}: the device runs`, () => {
      assert.deepEqual(rates(settings), expected);
    });
  }
});

describe('the test of a device from its dialog', () => {
  const findings = [
    finding('WRONG_RATE', { found: 921_600, set: 115_200 }),
    finding('LEFTOVER_RATE', { found: 921_600, set: 115_200 }),
    finding('ECHO_ON', {}),
  ];

  async function answer(body: object): Promise<unknown> {
    let ask: ((request: object, response: object) => void) | undefined;
    const post = (_path: string, _may: unknown, handler: typeof ask) => (ask = handler);
    const RED = { httpAdmin: { post }, auth: { needsPermission: () => undefined } };
    const examine = () => Promise.resolve({ ok: false, findings, facts: { port: 'COM3' } });
    serveDoctor(unchecked(RED), unchecked({ examine }));
    return new Promise((json) => ask?.({ params: { device: 'd' }, body }, { json }));
  }

  for (const [body, ok, codes] of [
    [{ port: 'COM3', rate: '115200', autoRate: 'true' }, true, ['ECHO_ON']],
    [{ port: 'COM3', rate: 'fast', autoRate: 'true' }, true, ['ECHO_ON']],
    [
      { port: 'COM3', rate: '115200', autoRate: 'false' },
      false,
      ['WRONG_RATE', 'LEFTOVER_RATE', 'ECHO_ON'],
    ],
  ] as const) {
    it(`${JSON.stringify(body)}: finds ${codes.join(', ')}`, async () => {
      const report: { ok: boolean; findings: { code: string }[] } = unchecked(await answer(body));
      assert.deepEqual([report.ok, report.findings.map(({ code }) => code)], [ok, codes]);
    });
  }
});
