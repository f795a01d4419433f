import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { wscfg } from '../../../driver/commands/wscfg';
import { capabilitiesOf } from '../../../driver/device/session/initialize/capabilities';
import { checkOpen } from '../../../driver/link/options';
import { linkChecks } from '../../../nodes/shared/checks/esp-at-device';
import { isVariable, type Settings } from '../../../nodes/shared/checks/refusal';
import { isTemplate } from '../../../nodes/shared/checks/template';
import { deviceSettings } from '../../../nodes/shared/settings/device-settings';
import { makeDevice } from '../../../nodes/shared/device/make-device';
import { isFlowError } from '../../../nodes/shared/errors/node-error';
import { openOptions, openSettings } from '../../../nodes/shared/settings/open-settings';
import { settingText } from '../../../nodes/shared/settings/settings';
import { near } from '../../harness/near';
import { dialogChecks } from '../../harness/nodes/dialog-checks';
import { NodeStub } from '../../harness/nodes/node-stub';
import { unchecked } from '../../harness/refused';

const RUNS = { numRuns: 400 };

/** Node-RED without environment variables and without a flow context. */
const RED = unchecked({ util: { getSetting: () => undefined } });
const nodeWith = (credentials: object) => unchecked({ credentials });

/** The code that an action is refused with; undefined if it is not. */
async function codeOf(action: () => unknown): Promise<string | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    assert.ok(isFlowError(error), String(error));
    return error.code;
  }
}

/** The code of the first refusal of a dialog, which checks all fields. */
function dialogCode(type: string, settings: Settings) {
  for (const [field, check] of Object.entries(dialogChecks[type] ?? {})) {
    const refusal = check(settings[field], settings);
    if (refusal) return refusal.code;
  }
  return undefined;
}

const fixed = (value: unknown) => !isVariable(value) && !isTemplate(String(value));

describe('dialog and runtime', () => {
  const deviceFields: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    port: near(
      'sim:',
      'sim:?firmware=C',
      'sim:?fault=lose=1%',
      '/dev/ttyUSB0',
      'COM3',
      'tcp://h:1',
    ),
    rate: near('', '80', '5000000'),
    raiseTo: near('', '115200', '921600'),
    ssid: near('home', 'é'.repeat(16), 'x'.repeat(32)),
    password: near('', 'password', 'a'.repeat(64), '12345'),
    bssid: near('', 'aa:bb:cc:dd:ee:ff', ' AA:bb:cc:dd:ee:ff '),
    timezone: near('', '5.75', '-12', '14'),
    servers: near('', 'pool.ntp.org', 'a,b;c', 'fe80::1', 'http://x'),
    queueMessages: near('', '1', '1000000'),
    queueBytes: near('', '1', '1073741824'),
    links: fc
      .record({
        pingInterval: near('', '1', '7200'),
        pongTimeout: near('', '1', '7200'),
        bufferSize: near('', '125', '8192'),
        auth: fc.constantFrom('0', '1', '2', '3', '4', ''),
        pki: near('0', '255'),
        ca: near('0', '255'),
      })
      .map((row) => [row, {}, {}]),
  };
  for (const [field, values] of Object.entries(deviceFields)) {
    it(`agree on any ${field} of esp-at-device`, async () => {
      await fc.assert(
        fc.asyncProperty(values, async (value) => {
          fc.pre(field === 'links' ? !isVariable(JSON.stringify(value)) : fixed(value));
          const base = { port: '/dev/ttyUSB0', ssid: 'home', wifi: true, sntp: true };
          const settings: Settings = { ...base, [field]: value };
          const node = nodeWith({ password: settings.password ?? '' });
          const runtime = await codeOf(() =>
            makeDevice(deviceSettings(RED, node, unchecked(settings)), {}),
          );
          assert.equal(dialogCode('esp-at-device', { password: '', ...settings }), runtime);
        }),
        RUNS,
      );
    });
  }

  for (const firmware of ['A', 'B', 'C', 'D'] as const) {
    it(`agree on the largest buffer of firmware class ${firmware}`, async () => {
      const { maxBuffer } = capabilitiesOf(firmware, '');
      for (const bytes of [124, 125, maxBuffer, maxBuffer + 1]) {
        const row = { bufferSize: String(bytes), firmware };
        const given = { authentication: true, maxBuffer };
        const driver = await codeOf(() => wscfg(0, { bufferBytes: bytes }, given));
        assert.equal(linkChecks.bufferSize?.(row.bufferSize, row)?.code, driver, String(bytes));
      }
    });
  }

  const openFields: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    uri: near('ws://h/', 'wss://user:p@h:443/', 'ws://[::1]', `ws://h/${'a'.repeat(225)}`),
    subprotocol: near('', 'chat', 'a, b', 'x'.repeat(200)),
    timeout: near('', '1', '180000'),
    delimiter: near('\\n', '\\x0a', 'é', '\\'),
    silence: near('', '1', '60000'),
    maxMessage: near('', '1', '1073741824'),
    headers: fc.array(
      fc.record({ name: near('X', 'Host', 'Upgrade'), value: near('', 'value', 'x'.repeat(400)) }),
      { maxLength: 3 },
    ),
  };
  for (const [field, values] of Object.entries(openFields)) {
    it(`agree on any ${field} of ws-open`, async () => {
      await fc.assert(
        fc.asyncProperty(values, async (value) => {
          fc.pre(fixed(field === 'headers' ? JSON.stringify(value) : value));
          const joining = field === 'silence' ? 'silence' : 'delimiter';
          // What the dialog checks together, the driver checks in an order of its own.
          const base = { uri: 'ws://host/', joining, delimiter: '\\n' };
          const settings: Settings = { ...base, [field]: value };
          fc.pre(field !== 'uri' || settingText(RED, nodeWith({}), value) !== '');
          const node = nodeWith({});
          const runtime = await codeOf(async () => {
            const given = openSettings(RED, node, unchecked(settings));
            checkOpen(0, await openOptions(RED, node, given, [], unchecked({})));
          });
          assert.equal(dialogCode('ws-open', settings), runtime);
        }),
        RUNS,
      );
    });
  }

  it('agree on any template', async () => {
    await fc.assert(
      fc.asyncProperty(
        near('{{x}}', '{{#a}}', '{{/a}}', '{{=<% %>=}}', '{{{x}}}', '{{'),
        async (text) => {
          fc.pre(isTemplate(text) && !isVariable(text));
          const settings = { uri: text };
          const node = unchecked({ credentials: {}, context: () => ({}) });
          fc.pre(!/flow|global|env/.test(text));
          const runtime = await codeOf(() =>
            openOptions(RED, node, openSettings(RED, node, unchecked(settings)), [], unchecked({})),
          );
          assert.equal(dialogChecks['ws-open']?.uri?.(text, settings)?.code, runtime);
        },
      ),
      RUNS,
    );
  });
});

interface Dialog {
  readonly fields: Readonly<Record<string, fc.Arbitrary<unknown>>>;
  /** Settings that other fields depend on. */
  readonly choices: fc.Arbitrary<Settings>;
}

const hold = fc.record({ whenAway: fc.constantFrom('fail', 'hold') });

const dialogs: Readonly<Record<string, Dialog>> = {
  'ws-send': {
    choices: hold,
    fields: {
      timeout: near('', '0', '-1', '60000', '60001', '1e3', '0x10'),
      holdSeconds: near('', '0', '1', '86400', '86401'),
      holdMessages: near('', '0', '1', '10000', '10001'),
    },
  },
  'ws-request': {
    choices: fc
      .record({ match: fc.constantFrom('property', 'array', 'next') })
      .chain((match) => hold.map((away) => ({ ...match, ...away }))),
    fields: {
      timeout: near('', '0', '1', '86400000', '86400001'),
      requestPath: near('id', 'params[0].id', 'a.b', ''),
      replyPath: near('', 'id', 'result[1]'),
      holdSeconds: near('', '0', '1', '86400', '86401'),
    },
  },
  'ws-close': {
    choices: fc.record({ mode: fc.constantFrom(undefined, 'graceful', 'now') }),
    fields: {
      code: near('', '999', '1000', '1003', '1004', '1005', '3000', '4999', '5000'),
      reason: near('', 'é'.repeat(61), 'é'.repeat(62), 'x'.repeat(123), 'x'.repeat(124)),
    },
  },
  'ws-status': {
    choices: fc.constant({}),
    fields: { poll: near('', '-1', '0', '86400', '86401') },
  },
};

/** What ends an input of a node whose settings are right, on a device that is not ready. */
const isUnready = (code = '') => /^(?:DEVICE_|LINK_NOT_OPEN|success)/.test(code);

for (const nodeRed of ['node-red', 'node-red-5'] as const) {
  describe(`dialog and runtime of ${nodeRed}`, () => {
    const codes = new NodeStub(nodeRed);

    for (const [type, { fields, choices }] of Object.entries(dialogs)) {
      for (const [field, values] of Object.entries(fields)) {
        it(`agree on any ${field} of ${type}`, async () => {
          await fc.assert(
            fc.asyncProperty(values, choices, async (value, chosen) => {
              fc.pre(!isVariable(value));
              const settings: Settings = { requestPath: 'id', ...chosen, [field]: value };
              const expected = dialogCode(type, settings);
              const payload = chosen.match === 'array' ? '[2,"id"]' : '{}';
              const found = await codes.of(type, settings, { payload });
              assert.equal(
                isUnready(found) ? undefined : found,
                type === 'ws-status' && expected ? 'warned' : expected,
              );
            }),
            { numRuns: 300 },
          );
        });
      }
    }
  });
}
