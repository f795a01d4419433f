import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Check, Settings } from '../../../nodes/shared/checks/refusal';
import { checks as device } from '../../../nodes/shared/checks/esp-at-device';
import { checks as close } from '../../../nodes/shared/checks/ws-close';
import { checks as open } from '../../../nodes/shared/checks/ws-open';
import { checks as request } from '../../../nodes/shared/checks/ws-request';
import { checks as send } from '../../../nodes/shared/checks/ws-send';
import { checks as status } from '../../../nodes/shared/checks/ws-status';
import { sentence } from '../../../nodes/shared/errors/sentence';
import { catalog } from '../../harness/nodes/catalog';

const types: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  'esp-at-device': device,
  'ws-open': open,
  'ws-send': send,
  'ws-request': request,
  'ws-close': close,
  'ws-status': status,
};
const english = catalog('en-US');
const chinese = catalog('zh-CN');

type Row = readonly [field: string, value: unknown, sentence: RegExp, settings?: Settings];

const on = { wifi: true, sntp: true };
const link = (row: Settings) => [row, {}, {}];
const header = (name: string, value = '') => [{ name, value }];

const wrong: Readonly<Record<string, readonly Row[]>> = {
  'esp-at-device': [
    ['port', '', /^"" is not a port\. Use/],
    ['port', 'ttyUSB0', /^"ttyUSB0" is not a port\. Use/],
    ['port', ' /dev/ttyUSB0', /^" \/dev\/ttyUSB0" is not a port/],
    ['port', '/dev/ttyUSB0 ', /is not a port/],
    ['port', 'tcp:host', /is not a port/],
    ['port', 'tcp://host', /is not a port/],
    ['port', 'tcp://host:99999', /is not a port/],
    ['port', 'tcp://host:0', /is not a port/],
    ['port', 'SIM:', /is not a port/],
    ['port', 'http://x', /is not a port/],
    ['port', 'COM', /is not a port/],
    ['port', 'sim:?firmware=Z', /does not understand its option "firmware"/],
    ['port', 'sim:?firmwear=C', /does not understand its option "firmwear"/],
    ['port', 'sim:?loss=2', /option "loss"/],
    ['port', 'sim:?fault=no-such', /option "fault"/],
    ['rate', 'fast', /"baud rate": "fast" is not a whole number from 80 to 5000000/],
    ['rate', '79', /79 is not a whole number/],
    ['rate', '5000001', /is not a whole number/],
    ['raiseTo', '57600', /57600 is below the baud rate at start, 115200/, { rate: '115200' }],
    ['raiseTo', '1.5', /1\.5 is not a whole number/],
    ['ssid', '', /"network": it is empty/, on],
    ['ssid', 'ü'.repeat(17), /34 bytes, at most 32/, on],
    ['ssid', 'a\nb', /control character/, on],
    ['password', 'abc', /it has 3 bytes/, on],
    ['password', 'x'.repeat(70), /it has 70 bytes/, on],
    ['password', 'x'.repeat(64), /it has 64 bytes/, on],
    ['bssid', 'zz', /aa:bb:cc:dd:ee:ff/, on],
    ['bssid', 'aa:bb:cc:dd:ee', /aa:bb:cc:dd:ee:ff/, on],
    ['timezone', '15', /15 is not a number of hours/, on],
    ['timezone', '1.1', /1\.1 is not a number of hours/, on],
    ['timezone', 'UTC', /"UTC" is not a number of hours/, on],
    ['servers', 'http://pool.ntp.org', /one is not a host name/, on],
    ['servers', 'a b c d', /4 are given, at most 3/, on],
    ['links', link({ pingInterval: '0' }), /"ping interval": 0 is not/],
    ['links', link({ pongTimeout: '7201' }), /"pong timeout": 7201 is not/],
    [
      'links',
      link({ pingInterval: '60', pongTimeout: '30' }),
      /30 s is below the ping interval, 60 s/,
    ],
    ['links', link({ pongTimeout: '5' }), /5 s is below the ping interval, 10 s/],
    ['links', link({ bufferSize: '124' }), /"buffer size": 124 is not a whole number from 125/],
    ['links', link({ auth: '2', ca: '256' }), /"CA slot": 256 is not/],
    ['headers', header('Host', 'x'), /header "Host": the device sends this one itself/],
    ['headers', header('a b'), /only letters, digits/],
    ['queueMessages', '0', /"messages in the queue": 0 is not/],
    ['queueBytes', 'much', /"bytes in the queue": "much" is not/],
  ],
  'ws-open': [
    ['uri', '', /Change the URI: it is empty/, { keepOpen: true, link: '0' }],
    ['uri', 'host', /begin with ws:\/\//],
    ['uri', 'http://host/', /begin with ws:\/\//],
    ['uri', 'ws:///path', /it has no host/],
    ['uri', 'ws://host:99999/', /its port is not/],
    ['uri', 'ws://host:0/', /its port is not/],
    ['uri', 'ws://host#frag', /put a slash before the #/],
    ['uri', 'ws://host/a b', /percent-encode/],
    ['uri', 'ws://höst/', /percent-encode/],
    ['uri', `ws://host/${'a'.repeat(240)}`, /\d+ bytes too long/],
    ['uri', `ws://h/${'a'.repeat(228)}`, /together with the timeout/, { timeout: '180000' }],
    ['uri', 'ws://{{host', /template of URI: a tag is not closed/],
    ['subprotocol', 'a b', /Change the subprotocol/],
    ['subprotocol', 'ü', /Change the subprotocol/],
    ['timeout', '0', /Change the timeout 0 to a whole number/],
    ['timeout', 'soon', /Change the timeout "soon" to/],
    ['timeout', '180001', /from 1 to 180000/],
    ['headers', header('X', 'a\u0001b'), /header "X": it contains a control character/],
    ['headers', header('Connection', 'close'), /the device sends this one itself/],
    ['headers', header('', 'value'), /it is missing/],
    ['headers', header('X', 'x'.repeat(900)), /\d+ bytes too long/],
    ['headers', header('X', '{{#a}}'), /a section is not closed/],
    [
      'headers',
      header('Authorization', 'x'),
      /a header sends one already/,
      { hasAuthorization: true },
    ],
    ['delimiter', '', /"delimiter": it is empty/, { joining: 'delimiter' }],
    ['delimiter', '\\xZZ', /after a backslash, only/, { joining: 'delimiter' }],
    ['silence', '0', /"idle time|pause": 0 is not/, { joining: 'silence' }],
    ['maxMessage', '1.5', /"largest message": 1\.5 is not/],
  ],
  'ws-send': [
    ['timeout', '60001', /from 0 to 60000/],
    ['holdSeconds', 'x', /"x" is not a whole number from 1 to 86400/, { whenAway: 'hold' }],
    ['holdMessages', '0', /0 is not a whole number from 1 to 10000/, { whenAway: 'hold' }],
  ],
  'ws-request': [
    ['requestPath', '', /"ID in the request": it is empty/, { match: 'property' }],
    ['requestPath', 'a..b', /it is not a path of names/, { match: 'property' }],
    ['replyPath', 'a b', /"ID in the reply": it is not a path/, { match: 'property' }],
    ['condition', ' ', /"condition": it is empty/, { match: 'jsonata' }],
    ['timeout', '0', /from 1 to 86400000/],
    ['holdSeconds', 'x', /"x" is not a whole number from 1 to 86400/, { whenAway: 'hold' }],
  ],
  'ws-close': [
    ['code', '1005', /Change the close code "1005" to 1000-1003/],
    ['code', '999', /close code/],
    ['reason', 'ü'.repeat(62), /124 bytes, at most 123/],
  ],
  'ws-status': [
    ['poll', '-1', /-1 is not a whole number from 0 to 86400/],
    ['poll', 'often', /"often" is not a whole number/],
  ],
};

const right: Readonly<Record<string, readonly (readonly [string, unknown, Settings?])[]>> = {
  'esp-at-device': [
    ['port', 'sim:'],
    ['port', 'sim:lab?firmware=C&joined=0&fault=late=AT+WSSEND,3s'],
    ['port', '/dev/serial/by-id/usb-Silicon_Labs_CP2102-if00-port0'],
    ['port', 'COM3'],
    ['port', 'tcp://[fe80::1]:23'],
    ['port', '${PORT}'],
    ['rate', ''],
    ['raiseTo', '921600', { rate: '115200' }],
    ['raiseTo', '9600', { port: 'tcp://host:23', rate: '115200' }],
    ['ssid', '', { wifi: false }],
    ['password', '', on],
    ['password', 'a'.repeat(64), on],
    ['timezone', '5.75', on],
    ['servers', 'pool.ntp.org, 192.168.1.1; fe80::1', on],
    ['links', link({ pingInterval: '${PING}', pongTimeout: '5' })],
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
  const count = Object.values(wrong).flat().length;
  assert.ok(count >= 60, `${count} values`);
  for (const [type, rows] of Object.entries(wrong)) {
    for (const [field, value, expected, settings = {}] of rows) {
      const shown = JSON.stringify(value).slice(0, 60);
      it(`${type}, ${field} ${shown}: is refused with a sentence in both languages`, () => {
        const refusal = types[type]?.[field]?.(value, { [field]: value, ...settings });
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
        assert.equal(types[type]?.[field]?.(value, { [field]: value, ...settings }), undefined);
      });
    }
  }
});
