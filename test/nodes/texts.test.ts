import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { isReason, names, reasons } from '../../driver/error-reasons';
import { EspAtError, errorCodes } from '../../driver/errors';
import type { FlowLinkEvent } from '../../nodes/shared/device/flow-events';
import { linkStateNames } from '../../nodes/shared/message/link-message';
import { stackOf, toCaughtError } from '../../nodes/shared/errors/caught-error';
import { sentenceOf } from '../../nodes/shared/errors/sentence';
import {
  NodeError,
  nodeErrorCodes,
  nodeNames,
  nodeReasons,
} from '../../nodes/shared/errors/node-error';
import {
  deviceStatus,
  linkStatus,
  shortReason,
  type WordedStatus,
} from '../../nodes/shared/status/status-texts';
import { statusText } from '../../nodes/shared/status/status-words';
import { catalog } from '../harness/editor/catalog';
import { driverOnly } from '../harness/editor/driver-only';
import { asObject, asText, object, root, text } from '../package/project';
import type { LinkStateNumber } from '../../driver/commands/wsopen';

const english = catalog('en-US');
const chinese = catalog('zh-CN');
const driverCodes = errorCodes.filter((code) => !driverOnly.has(code));
const placeholders = (sentence: string) =>
  [...sentence.matchAll(/__(\w+?)__|\{(\w+)\}/g)].map(([, ours, driver]) => ours ?? driver).sort();

describe('error sentences', () => {
  const catalogs = ['en-US', 'zh-CN'].map((language) => ({
    language,
    texts: object(`locales/${language}/shared.json`),
  }));
  const codes = [...driverCodes, ...nodeErrorCodes];
  const driver = text('driver/errors.ts').replace(/' \+\n *'/g, '');

  for (const { language, texts } of catalogs) {
    it(`in ${language}: exist for every code, reason and name that a flow gets, with the driver’s values`, () => {
      const errors = asObject(texts.errors, 'errors');
      assert.deepEqual(Object.keys(errors), codes);
      for (const code of driverCodes) {
        const [, sentence = ''] = new RegExp(`\n  ${code}:\\s+'(.*)',\n`).exec(driver) ?? [];
        assert.deepEqual(placeholders(asText(errors[code], code)), placeholders(sentence), code);
      }
      for (const { group, english, own } of [
        { group: 'reasons', english: reasons, own: nodeReasons },
        { group: 'names', english: names, own: nodeNames },
      ]) {
        const here = asObject(texts[group], group);
        const clauses = Object.entries(english).filter(([key]) => !driverOnly.has(key));
        assert.deepEqual(Object.keys(here), [...clauses.map(([key]) => key), ...own], group);
        for (const [key, clause] of clauses) {
          assert.deepEqual(placeholders(asText(here[key], key)), placeholders(clause), key);
        }
      }
    });
  }

  it('name neither ws-send nor ws-request: both report what becomes of a message', () => {
    const named = catalogs.flatMap(({ language, texts }) =>
      Object.entries(asObject(texts.errors, 'errors'))
        .filter(([, sentence]) => /ws-send|ws-request/.test(String(sentence)))
        .map(([code]) => `${language} ${code}`),
    );
    assert.deepEqual(named, []);
  });

  it('in Chinese: hold no English but product names and user input', () => {
    const known =
      /\b(ws-\w+|Node-RED|Wi-Fi|WEP|ESP\w*|ESP-AT|WebSocket|SNTP|DHCP|AP|URI|IP|IPv6|AT|UART1|RTS|CTS|CA|PEM|PFX|AES|Node\.js|BEGIN|END|JSON|GHz|BSSID|BSS|ID|RFC|ASCII|Unicode|UTF-8|Ping|Pong|TLS|Buffer|ERROR|MQTT|JSONata|C|D|opcode|text|binary|continuation|chunk|json|delimiter|idle|close|ping|pong|connect|disconnect|restart|port|statistics|record|ws-status|true|false|menuconfig|Component config > AT > AT WebSocket command support|Linux|dialout|dev|ttyUSB0|COM3|tcp:\/\/host:port|sim|ws|wss|msg\.\w+|aa:bb:cc:dd:ee:ff)\b/g;
    for (const group of ['errors', 'reasons', 'names', 'short', 'status']) {
      const texts = JSON.stringify(object('locales/zh-CN/shared.json')[group]);
      const words = [...texts.matchAll(/"(?:\w+)":"([^"]*)"/g)]
        .map(([, sentence = '']) => sentence.replace(/__\w+?__/g, '').replace(known, ''))
        .filter((sentence) => /[A-Za-z]{2}/.test(sentence));
      assert.deepEqual(words, [], group);
    }
  });

  it('have a key for every reason that the driver and the nodes give', () => {
    const sources = ['driver', 'nodes'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.ts') && !path.startsWith('at'))
        .map((path) => text(join(folder, path))),
    );
    const given = sources.flatMap((source) =>
      [...source.matchAll(/reason: '([^']+)'/g)].map(([, reason]) => reason),
    );
    assert.ok(given.length > 10, `${given.length} found`);
    assert.deepEqual(
      given.filter((reason) => !isReason(reason) && !nodeReasons.some((own) => own === reason)),
      [],
    );
  });

  it('name each setting as its dialog does', () => {
    /** Labels by file; behind a slash, the name in sentences where that is another. */
    const labels = {
      shared: 'holdSeconds timeout payload',
      'ws-open':
        'uri subprotocol authorization delimiter maxMessage/maxMessageBytes silence/idleMs',
      'ws-send': 'holdMessages',
      'ws-request': 'requestPath replyPath condition',
      'esp-at-device':
        'port rate ssid password bssid timezone servers auth pki ca queueMessages queueBytes ' +
        'raiseTo/negotiatedRate bufferSize/bufferBytes pingInterval/pingIntervalMs pongTimeout/pongTimeoutMs',
    };
    const plain = (label: unknown) =>
      asText(label, 'label')
        .toLowerCase()
        .replace(/ ?[(（].*[)）]$/, '');
    for (const { language, texts } of catalogs)
      for (const [file, keys] of Object.entries(labels))
        for (const [label = '', name = label] of keys.split(' ').map((key) => key.split('/'))) {
          const shown = asObject(object(`locales/${language}/${file}.json`).label, 'label');
          const named = asObject(texts.names, 'names')[name];
          assert.equal(plain(named), plain(shown[label]), `${language} ${name}`);
        }
  });

  it('translate names and reasons', () => {
    const error = new EspAtError('INVALID_CONFIG', {
      setting: 'pongTimeoutMs',
      reason: 'NOT_WHOLE',
      value: 0,
      min: 1,
      max: 7200,
    });
    assert.equal(
      error.message,
      'Change the setting "pong timeout": 0 is not a whole number from 1 to 7200.',
    );
    assert.equal(
      sentenceOf(english, error),
      'Change the setting "pong timeout": 0 is not a whole number from 1 to 7200.',
    );
    assert.equal(
      sentenceOf(chinese, error),
      '请修改设置“Pong 超时”：0 不是 1 到 7200 之间的整数。',
    );
  });

  it('quote other programs verbatim', () => {
    const error = new EspAtError('PORT_FAILED', { port: 'COM3', reason: 'EIO: i/o error' });
    assert.match(sentenceOf(chinese, error), /“EIO: i\/o error”。$/);
  });

  it('translate nested reasons', () => {
    const cause = new EspAtError('PORT_LOST', { port: 'COM3' });
    const error = new EspAtError('SEND_UNKNOWN', { link: 0, reason: cause.message }, { cause });
    const sentence = sentenceOf(chinese, error);
    assert.doesNotMatch(sentence, /Plug it in/);
    assert.match(sentence, /COM3/);
    assert.doesNotMatch(sentence, /。。/);
  });

  it('reach Catch as an error with the code as its only property', () => {
    const cause = new Error('inner');
    const error = toCaughtError(chinese, new EspAtError('LINK_NOT_OPEN', { link: 2 }, { cause }));
    assert.equal(String(error), sentenceOf(chinese, new EspAtError('LINK_NOT_OPEN', { link: 2 })));
    const properties = Object.entries(error).filter(([name]) => !/^\d+$/.test(name));
    assert.deepEqual(properties, [
      ['name', 'Sentence'],
      ['code', 'LINK_NOT_OPEN'],
    ]);
    assert.equal(error.cause, undefined);
  });

  for (const folder of ['node-red', 'node-red-5']) {
    it(`stand whole in the debug sidebar of ${folder}`, () => {
      const load = createRequire(createRequire(__filename).resolve(`${folder}/package.json`));
      const { util } = load('@node-red/util') as typeof import('@node-red/util');
      const error = toCaughtError(english, new EspAtError('LINK_NOT_OPEN', { link: 2 }));
      assert.deepEqual(util.encodeObject({ msg: error }), {
        format: 'Sentence',
        msg: error.message,
      });
    });
  }

  it('are looked up once for errors in a row that have the same code and details', () => {
    let count = 0;
    const counting: typeof english = (key, values) => {
      count++;
      return english(key, values);
    };
    const said = (messages: number) =>
      toCaughtError(counting, new EspAtError('QUEUE_FULL', { messages, bytes: 5 })).message;
    for (let each = 0; each < 100; each++) assert.match(said(3), /3 messages, 5 bytes/);
    assert.equal(count, 1);
    assert.match(said(4), /4 messages/);
    assert.match(
      toCaughtError(chinese, new EspAtError('QUEUE_FULL', { messages: 4, bytes: 5 })).message,
      /4 条/,
    );
  });

  it('are made of any thrown value, with a code', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const [thrown, reason] of [
      ['text', 'text'],
      [new TypeError('not extensible'), 'not extensible'],
      [Object.create(null), 'object'],
      [proxy, 'object'],
      [undefined, 'undefined'],
    ]) {
      const error = toCaughtError(english, thrown);
      assert.equal(Reflect.get(error, 'code'), 'MESSAGE_UNUSABLE');
      assert.ok(error.message.endsWith(`read or written (${String(reason)}).`), error.message);
      assert.equal(typeof stackOf(thrown), reason === 'not extensible' ? 'string' : 'undefined');
    }
    assert.equal(stackOf(new NodeError('NO_DEVICE')), undefined);
  });
});

describe('statuses', () => {
  const closed: FlowLinkEvent = { link: 0, event: 'closed', state: 0, uri: '', owner: undefined };

  it('have a short text in both languages for each state of a link and of the device', () => {
    for (const translate of [english, chinese]) {
      const statuses: (WordedStatus | undefined)[] = [];
      for (const state of [0, 1, 2, 3, 4] satisfies LinkStateNumber[]) {
        statuses.push(linkStatus({ ...closed, state }));
      }
      for (const state of [
        'stopped',
        'disconnected',
        'absent',
        'initializing',
        'resyncing',
        'unusable',
      ] as const) {
        statuses.push(deviceStatus({ name: state }));
      }
      statuses.push(linkStatus({ ...closed, event: 'opening' }));
      statuses.push(linkStatus({ ...closed, event: 'retrying', retryIn: 1234 }));
      for (const status of statuses)
        assert.match(status ? statusText(translate, status.words) : '', /^[^._]{2,32}$/);
    }
    assert.equal(deviceStatus({ name: 'ready' }), undefined);
    assert.equal(linkStateNames.length, 5);
  });

  it('show the host of an open link, never credentials, path or query', () => {
    for (const [uri, shown] of [
      ['wss://user:secret@example.org:8443/path?token=1', 'example.org:8443'],
      ['ws://[::1]:80/', '[::1]'],
      ['ws://host/"', 'host'],
      ['', 'established'],
    ]) {
      const { words } = linkStatus({ ...closed, state: 2, uri: uri ?? '' });
      assert.equal(statusText(english, words), shown);
    }
  });

  it('have a short text for every error code', () => {
    const errors = [
      ...driverCodes.map((code) => new EspAtError(code)),
      ...nodeErrorCodes.map((code) => new NodeError(code)),
    ];
    for (const error of errors) {
      for (const translate of [english, chinese]) {
        const words = statusText(translate, shortReason(error));
        assert.notEqual(words, error.code);
        assert.ok(words.length <= 32, words);
      }
    }
  });
});
