import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Settings } from '../../../nodes/shared/checks/refusal';
import { sentence } from '../../../nodes/shared/errors/sentence';
import { catalog } from '../../harness/editor/catalog';
import { dialogChecks } from '../../harness/nodes/dialog-checks';
import { wrongValues } from '../../harness/nodes/wrong-values';

const english = catalog('en-US');
const chinese = catalog('zh-CN');

const on = { wifi: true, sntp: true };
const link = (row: Settings) => [row, {}, {}];
const header = (name: string, value = '') => [{ name, value }];

const right: Readonly<Record<string, readonly (readonly [string, unknown, Settings?])[]>> = {
  'esp-at-device': [
    ['port', 'sim:'],
    ['port', 'sim:lab?firmware=C&joined=0&fault=late=AT+WSSEND,3s'],
    ['port', '/dev/serial/by-id/usb-Silicon_Labs_CP2102-if00-port0'],
    ['port', 'COM3'],
    ['port', ' /dev/ttyUSB0'],
    ['port', 'tcp://[fe80::1]:23'],
    ['port', '${PORT}'],
    ['rate', ''],
    ['raiseTo', '921600', { rate: '115200' }],
    ['raiseTo', '9600', { port: 'tcp://host:23', rate: '115200' }],
    // The dialog hides these.
    ['rate', 'fast', { port: ' sim:' }],
    ['rate', 'fast', { port: 'COM3', autoRate: true }],
    ['raiseTo', 'fast', { port: 'COM3', autoRate: true }],
    ['raiseTo', 'fast', { port: 'sim:', autoRate: false }],
    ['raiseTo', 'fast', { port: ' TCP://host:23', autoRate: false }],
    ['ssid', '', { wifi: false }],
    ['password', '', on],
    ['password', 'a'.repeat(64), on],
    ['timezone', '5.75', on],
    ['servers', 'pool.ntp.org, 192.168.1.1; fe80::1', on],
    ['links', link({ pingInterval: '${PING}', pongTimeout: '5' })],
    ['links', link({ bufferSize: '16384' })],
    ['headers', header('X', '{{payload}} ${TOKEN}')],
  ],
  'ws-open': [
    ['uri', ''],
    ['uri', '', { keepOpen: true, link: 'msg' }],
    ['uri', 'WSS://user:pass@host:443/a?b=c,"d"'],
    ['uri', 'wss://{{flow.host}}/grüß dich'],
    ['uri', 'ws://[::1]/#frag'],
    ['uri', '${HOST}'],
    ['subprotocol', 'graphql-ws, chat'],
    ['timeout', '${TIMEOUT}'],
    ['headers', [{ name: 'Authorization', secret: true, slot: 0 }]],
    ['headers', header('', '')],
    ['delimiter', '\\r\\n\\x1E\\\\', { joining: 'delimiter' }],
    ['delimiter', '', { joining: 'chunk' }],
    ['silence', 'x', { joining: 'json' }],
  ],
  'ws-send': [['holdSeconds', 'x', { whenAway: 'fail' }]],
  'ws-request': [
    ['requestPath', 'params[0].id', { match: 'property' }],
    ['requestPath', '', { match: 'array' }],
    ['replyPath', '', { match: 'property' }],
    ['replyPath', '${ID}', { match: 'property' }],
    ['condition', '', { match: 'next' }],
  ],
  'ws-close': [
    ['code', ''],
    ['code', '4999'],
    ['code', '1005', { mode: 'now' }],
  ],
  'ws-status': [['poll', '']],
};

describe('a wrong value in a dialog', () => {
  const count = Object.values(wrongValues).flat().length;
  assert.ok(count >= 60, `${count} values`);
  for (const [type, rows] of Object.entries(wrongValues)) {
    for (const [field, value, expected, settings = {}] of rows) {
      const shown = JSON.stringify(value).slice(0, 60);
      it(`${type}, ${field} ${shown}: is refused with a sentence in both languages`, () => {
        const refusal = dialogChecks[type]?.[field]?.(value, { [field]: value, ...settings });
        assert.ok(refusal);
        const { code, details } = refusal;
        assert.match(sentence(english, code, details), expected);
        const translated = sentence(chinese, code, details);
        assert.match(translated, /\p{Script=Han}/u);
        assert.doesNotMatch(translated, /[A-Z]{3}_[A-Z]/, 'a key is left');
      });
    }
  }
});

describe('a right value in a dialog', () => {
  for (const [type, rows] of Object.entries(right)) {
    for (const [field, value, settings = {}] of rows) {
      it(`${type}, ${field} ${JSON.stringify(value).slice(0, 60)}: is accepted`, () => {
        assert.equal(
          dialogChecks[type]?.[field]?.(value, { [field]: value, ...settings }),
          undefined,
        );
      });
    }
  }
});
