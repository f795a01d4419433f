import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { capabilitiesOf } from '../../../driver/device/session/initialize/capabilities';
import { wscfg, wscfgProbe } from '../../../driver/commands/wscfg';
import { wshead, wsheadClear, wsheadQuery } from '../../../driver/commands/wshead';
import { wsopen, wsopenQuery } from '../../../driver/commands/wsopen';
import type { OpenOptions } from '../../../driver/link/options';
import { refused, unchecked } from '../../harness/refused';

const classA = capabilitiesOf('A', '');
const classC = capabilitiesOf('C', '');
const classD = capabilitiesOf('D', '');

describe('AT+WSCFG', () => {
  it('writes every field, defaults included', () => {
    assert.equal(wscfg(0, {}, classA).line, 'AT+WSCFG=0,10,120,1024');
    const config = { pingIntervalMs: 1000, pongTimeoutMs: 7_200_000, bufferBytes: 16_384 };
    assert.equal(wscfg(2, config, classD).line, 'AT+WSCFG=2,1,7200,16384');
    assert.equal(wscfg(1, {}, classC).name, 'AT+WSCFG=1');
  });

  it('writes both certificate slots with every mode except 0', () => {
    assert.equal(wscfg(0, { auth: 0, pki: 1, ca: 1 }, classC).line, 'AT+WSCFG=0,10,120,1024');
    assert.equal(wscfg(0, { auth: 2, ca: 1 }, classC).line, 'AT+WSCFG=0,10,120,1024,2,0,1');
    assert.equal(wscfg(0, { auth: 1 }, classD).line, 'AT+WSCFG=0,10,120,1024,1,0,0');
    assert.equal(wscfg(0, { auth: 3, pki: 2 }, classD).line, 'AT+WSCFG=0,10,120,1024,3,2,0');
  });

  it('refuses authentication that the firmware does not support', () => {
    refused('AUTH_NOT_SUPPORTED', () => wscfg(0, { auth: 2 }, classA));
    assert.equal(wscfg(0, { auth: 0 }, classA).line, 'AT+WSCFG=0,10,120,1024');
  });

  it('refuses numbers out of range, and names the parameter', () => {
    const wrong = [
      ...[0, 1500, 7_201_000].map((pingIntervalMs) => ({ pingIntervalMs })),
      ...[0, 7_201_000].map((pongTimeoutMs) => ({ pongTimeoutMs })),
      ...[0, 124, 8193, null].map((bufferBytes) => ({ bufferBytes })),
      ...[{ auth: 4 }, { auth: 1, pki: -1 }, { auth: 2, ca: '0' }],
    ];
    for (const config of wrong)
      refused('INVALID_CONFIG', () => wscfg(0, unchecked(config), classC));
    const { message } = refused('INVALID_CONFIG', () => wscfg(0, { pongTimeoutMs: 0 }, classC));
    assert.match(message, /"pong timeout": 0 ms is not a multiple of 1000 from 1000 to 7200000 ms/);
  });

  it('has a probe that distinguishes firmware with and without authentication', () => {
    assert.equal(wscfgProbe(0).line, 'AT+WSCFG=0,10,120,1024,0');
  });
});

describe('AT+WSHEAD', () => {
  it('writes the length in bytes, then the payload Name: value', () => {
    const { line, payload, success } = wshead({ name: 'X-Name', value: 'a,"é\\' });
    assert.equal(line, 'AT+WSHEAD=14');
    assert.equal(Buffer.from(payload ?? []).toString(), 'X-Name: a,"é\\');
    assert.equal(success, 'OK');
    assert.equal(wshead({ name: 'X', value: 'a' }).idempotent, false);
    assert.equal(wsheadClear.line, 'AT+WSHEAD=0');
    assert.equal(wsheadQuery.line, 'AT+WSHEAD?');
  });

  it('accepts a tab in a value, but no other control character', () => {
    assert.equal(wshead({ name: 'X', value: 'a\tb' }).payload?.length, 6);
    for (const value of ['a\r\nY: b', 'a\n', '\0', '\x7f']) {
      const error = refused('INVALID_HEADER', () => wshead({ name: 'X-Secret', value }));
      assert.equal(error.message, 'Change the header "X-Secret": it contains a control character.');
    }
  });

  it('refuses names that are not tokens, without showing them', () => {
    for (const name of ['', 'X Y', 'X:', 'Ü', 'X\r\n', 'secret: value']) {
      const error = refused('INVALID_HEADER', () => wshead({ name, value: 'v' }));
      const reason =
        name === ''
          ? 'one has no name'
          : "only letters, digits and !#$%&'*+-.^_`|~ are allowed in names";
      assert.equal(error.message, `Change the header "headers": ${reason}.`);
    }
  });

  it('refuses an invalid header', () => {
    for (const header of [
      undefined,
      null,
      'X: y',
      { name: 'X' },
      { name: 'X', value: 5 },
      { value: 'v' },
    ]) {
      refused('INVALID_HEADER', () => wshead(unchecked(header)));
    }
  });

  it('refuses a value beyond what any upgrade request has room for', () => {
    assert.ok(wshead({ name: 'X', value: 'v'.repeat(842) }).payload);
    refused('INVALID_HEADER', () => wshead({ name: 'X', value: 'v'.repeat(843) }));
  });
});

describe('AT+WSOPEN', () => {
  const uri = 'ws://example.org/';
  const open = (options: Partial<OpenOptions>) => wsopen(0, { uri, ...options }).line;

  it('writes every field except an empty subprotocol', () => {
    assert.equal(open({}), `AT+WSOPEN=0,"${uri}"`);
    assert.equal(open({ subprotocol: 'chat' }), `AT+WSOPEN=0,"${uri}","chat"`);
    assert.equal(open({ timeoutMs: 5000 }), `AT+WSOPEN=0,"${uri}",,5000`);
    assert.equal(open({ authorization: 'tok' }), `AT+WSOPEN=0,"${uri}",,15000,"tok"`);
    assert.equal(
      open({ subprotocol: 'chat', timeoutMs: 1, authorization: 'Bearer x,y' }),
      `AT+WSOPEN=0,"${uri}","chat",1,"Bearer x\\,y"`,
    );
    assert.equal(open({ subprotocol: '', authorization: '' }), `AT+WSOPEN=0,"${uri}"`);
    assert.equal(
      open({ subprotocol: 'chat,superchat' }),
      `AT+WSOPEN=0,"${uri}","chat\\,superchat"`,
    );
  });

  it('accepts every URI that the firmware accepts', () => {
    for (const each of [
      ...['WSS://example.org:8443/a,b"c\\d?x=1&y=%20#frag', 'ws://user:pass@10.0.0.1:1/'],
      ...['ws://[fe80::1]:80/x', 'ws://u:p@[fe80::1%eth0]', 'ws://h', 'ws://h?x'],
    ]) {
      assert.match(wsopen(1, { uri: each }).line, /^AT\+WSOPEN=1,"/);
    }
  });

  it('refuses URIs that would fail, or crash the device, each for its reason', () => {
    const wrong: [unknown, RegExp][] = [
      [undefined, /is missing/],
      [null, /is missing/],
      [5, /is not text/],
      ['', /is empty/],
      ['http://h/', /does not begin with ws:/],
      ['h/', /does not begin with ws:/],
      ['ws:/h/', /does not begin with ws:/],
      [' ws://h/', /space/],
      ['ws://h/a b', /space/],
      ['ws://h/é', /percent-encode/],
      ['ws://h/\r\nAT+RST\r\n', /control character/],
      ['ws://h/\0', /control character/],
      ['ws:///path', /it has no host/],
      ['ws://:80/', /it has no host/],
      ['ws://user@/', /it has no host/],
      ['ws://', /it has no host/],
      ['ws://user:pass@:80', /it has no host/],
      ...[
        ...['ws://h:80:80/', 'ws://h::80', 'ws://h:80:', 'ws://::1/', 'ws://[::1]:80:80'],
        'ws://u:p@a:b:c',
      ].map((uri): [string, RegExp] => [uri, /more than one colon/]),
      ...[
        ...['[::1', '::1]', '[]', '[]:80', '[fe80::g]', '[::1]80', '[::1]]', '[[::1]]', 'h[1]'],
        'u:p@[::1',
      ].map((host): [string, RegExp] => [
        `ws://${host}/`,
        /brackets may only enclose an IPv6 address/,
      ]),
      ['ws://[::1]:/', /its port is not/],
      ['ws://h:65536/', /port/],
      ['ws://h:/', /port/],
      ['ws://h:0/', /port/],
      ['ws://h:80a/', /port/],
      ['ws://a,b/', /character that the firmware refuses/],
      ['ws://h"\\/', /character that the firmware refuses/],
      ['ws://a@b@h/', /character that the firmware refuses/],
      ['ws://us<er:pa>ss@h/', /character that the firmware refuses/],
      ['ws://[u]@h/', /character that the firmware refuses/],
      ['ws://h:1#f', /fragment/],
      ['ws://h#f', /fragment/],
    ];
    for (const [value, reason] of wrong) {
      const error = refused('INVALID_URI', () => wsopen(0, unchecked({ uri: value })));
      assert.match(error.message, reason, String(value));
    }
  });

  it('accepts 240 bytes of URI and reports how many are too many', () => {
    const start = 'ws://h/';
    const fitting = start + 'a'.repeat(240 - start.length);
    assert.equal(wsopen(0, { uri: fitting }).line.length, 254);
    const { message } = refused('INVALID_URI', () => wsopen(0, { uri: `${fitting},b` }));
    assert.match(message, /is 3 bytes too long/);
    refused('INVALID_URI', () => wsopen(0, { uri: fitting, timeoutMs: 1 }));
    refused('INVALID_SUBPROTOCOL', () => wsopen(0, { uri: fitting, subprotocol: 'a' }));
    const secret = 's'.repeat(230);
    const error = refused('INVALID_AUTHORIZATION', () => wsopen(0, { uri, authorization: secret }));
    assert.doesNotMatch(error.message, /ss/);
  });

  it('refuses subprotocols and authorizations that would end the line', () => {
    for (const subprotocol of ['a b', 'é', '"', '\r\n', 'a,,b', ',', 5]) {
      refused('INVALID_SUBPROTOCOL', () => wsopen(0, unchecked({ uri, subprotocol })));
    }
    for (const authorization of ['a\r\nAT+RST', '\0', 5, null]) {
      refused('INVALID_AUTHORIZATION', () => wsopen(0, unchecked({ uri, authorization })));
    }
  });

  it('refuses timeouts out of range, including 0', () => {
    assert.equal(open({ timeoutMs: 180_000 }), `AT+WSOPEN=0,"${uri}",,180000`);
    for (const timeoutMs of [0, 180_001, -1, 1.5, NaN, '5000', null]) {
      refused('INVALID_TIMEOUT', () => wsopen(0, unchecked({ uri, timeoutMs })));
    }
  });

  it('refuses headers that together exceed the request size', () => {
    const headers = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ name: `X-${index}`, value: 'v'.repeat(100) }));
    assert.ok(wsopen(0, { uri, headers: headers(7) }));
    const error = refused('INVALID_HEADER', () => wsopen(0, { uri, headers: headers(9) }));
    assert.match(
      error.message,
      /^Change the header "X-0": the upgrade request with all headers is \d+ bytes too long/,
    );
    const noList = () => wsopen(0, unchecked({ uri, headers: 'X: y' }));
    const { message } = refused('INVALID_HEADER', noList);
    assert.equal(message, 'Change the header "headers": it is not a list.');
  });

  it('has a timeout longer than the slowest measured failure', () => {
    assert.ok(wsopen(0, { uri }).timeoutMs > 19_000);
    assert.ok(wsopen(0, { uri, timeoutMs: 180_000 }).timeoutMs > 180_000 + 15_000);
  });

  it('is not idempotent, and its name contains no user input', () => {
    const command = wsopen(2, { uri: 'ws://u:secret@h/', authorization: 'secret' });
    assert.equal(command.name, 'AT+WSOPEN=2');
    assert.equal(command.idempotent, false);
    assert.deepEqual(command.informationPrefixes, []);
  });

  it('lists links with URIs as the device prints them, without escapes', () => {
    assert.equal(wsopenQuery.line, 'AT+WSOPEN?');
    assert.deepEqual(
      wsopenQuery.parse(['+WSOPEN:0,2,"ws://127.0.0.1:1/a"b\\,c"', '+WSOPEN:2,4,"wss://h/"']),
      [
        { link: 0, state: 2, uri: 'ws://127.0.0.1:1/a"b\\,c' },
        { link: 2, state: 4, uri: 'wss://h/' },
      ],
    );
    assert.deepEqual(wsopenQuery.parse([]), []);
  });

  it('does not report a link as closed when its line was corrupt', () => {
    for (const line of ['+WSOPEN:3,2,"ws://h/"', '+WSOPEN:0,7,"ws://h/"', '+WSOPEN:0,2,"ws://h/']) {
      assert.equal(wsopenQuery.parse([line]), undefined);
    }
  });
});
