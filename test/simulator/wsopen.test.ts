import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { error, it, ok, prompt, words, type Lab } from './lab';

const header = (lab: Lab, name: string): string[] =>
  (lab.server.requests.at(-1)?.headers ?? [])
    .filter(([key]) => key.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);

describe('AT+WSOPEN on the simulated device', () => {
  it('opens three links and lists them', async (lab) => {
    await lab.expect('AT+WSOPEN?', ok);
    for (const [link, path] of ['/plain', '/x?a=1&b=2', '/'].entries()) {
      const uri = `ws://server.test:8080${path}`;
      await lab.expect(`AT+WSOPEN=${link},"${uri}"`, `+WS_CONNECTED:${link}\r\n${ok}`);
      assert.equal(lab.server.requests.at(-1)?.target, path);
    }
    await lab.expect(
      'AT+WSOPEN?',
      '+WSOPEN:0,2,"ws://server.test:8080/plain"\r\n' +
        '+WSOPEN:1,2,"ws://server.test:8080/x?a=1&b=2"\r\n' +
        `+WSOPEN:2,2,"ws://server.test:8080/"\r\n${ok}`,
    );
    const refused = words('0,"ws://server.test/" 3,"ws://server.test/" -1,"ws://server.test/"');
    await lab.expectEach('AT+WSOPEN=', refused, error);
  });

  it('sends the upgrade request of the firmware', async (lab) => {
    await lab.open('/a%20b?x=1#part');
    const request = lab.server.requests[0];
    assert.equal(request?.target, '/a%20b?x=1');
    assert.deepEqual(
      request.headers.filter(([name]) => name !== 'Sec-WebSocket-Key'),
      [
        ['Connection', 'Upgrade'],
        ['Host', 'server.test:80'],
        ['User-Agent', 'ESP32 Websocket Client'],
        ['Upgrade', 'websocket'],
        ['Sec-WebSocket-Version', '13'],
      ],
    );
  });

  it('unescapes a URI and lists it without escapes', async (lab) => {
    const paths = { 'a\\,b': 'a,b', 'a\\"b': 'a"b', 'a\\\\b': 'a\\b', 'a\\b': 'ab' };
    for (const [written, meant] of Object.entries(paths)) {
      await lab.command(`AT+WSOPEN=0,"ws://server.test/${written}"`);
      assert.equal(lab.server.requests.at(-1)?.target, `/${meant}`);
      await lab.expect('AT+WSOPEN?', `+WSOPEN:0,2,"ws://server.test/${meant}"\r\n${ok}`);
      await lab.command('AT+WSCLOSE=0', 1100);
    }
  });

  it('refuses bad parameters at once, without a byte on the network', async (lab) => {
    const uri = '"ws://server.test/"';
    const bad = [
      '0',
      '0,',
      '0,ws://server.test/',
      '0,"ws://server.test/',
      '0,"ws://server.test/a,b"',
      '0,"server.test/"',
      '0,"127.0.0.1/"',
      '0,"http://server.test/"',
      '0,"ws://"',
      '0,"ws://server.test:65536/"',
      '0,"ws://server.test:/"',
      '0,"ws://server.test/a b"',
      '0,"ws://server.test/\xc3\xa9"',
      `0,${uri},"chat, superchat"`,
      `0,${uri},,0`,
      `0,${uri},,-1`,
      `0,${uri},,180001`,
      `0,${uri},,"5000"`,
      `0,${uri},,,"Bearer x"`,
      `0,${uri},"chat",15000,"token",1`,
    ];
    await lab.expectEach('AT+WSOPEN=', bad, error);
    assert.equal(lab.server.requests.length, 0);
  });

  it('sends authorization only for credentials with a colon', async (lab) => {
    for (const [user, expected] of [
      ['user', []],
      ['user:', ['Basic dXNlcjo=']],
      [':pass', ['Basic OnBhc3M=']],
    ] as const) {
      const said = await lab.command(`AT+WSOPEN=0,"ws://${user}@server.test/"`);
      assert.equal(said, `+WS_CONNECTED:0\r\n${ok}`);
      assert.deepEqual(header(lab, 'Authorization'), expected, user);
      await lab.command('AT+WSCLOSE=0', 1100);
    }
  });

  it('sends subprotocol and authorization', async (lab) => {
    const open = async (more: string) => {
      const said = await lab.command(`AT+WSOPEN=0,"WS://user:pass@server.test/subok"${more}`);
      assert.equal(said, `+WS_CONNECTED:0\r\n${ok}`);
      await lab.command('AT+WSCLOSE=0', 1100);
    };
    await open('');
    assert.deepEqual(header(lab, 'Authorization'), ['Basic dXNlcjpwYXNz']);
    assert.deepEqual(header(lab, 'Sec-WebSocket-Protocol'), []);
    await open(',"chat"');
    assert.deepEqual(header(lab, 'Sec-WebSocket-Protocol'), ['chat']);
    await open(',""');
    assert.deepEqual(header(lab, 'Sec-WebSocket-Protocol'), ['']);
    await open(',,180000,"Bearer x\\,y"');
    assert.ok(header(lab, 'Authorization').includes('Bearer x,y'));
  });

  it('accepts a response of the server without the subprotocol', async (lab) => {
    const said = await lab.command('AT+WSOPEN=0,"ws://server.test/subbad","chat"');
    assert.equal(said, `+WS_CONNECTED:0\r\n${ok}`);
  });

  for (const path of ['/401', '/302', '/badkey', '/noaccept', '/garbage']) {
    it(`reports ${path} at once and fails 5 s later`, async (lab) => {
      const said = await lab.command(`AT+WSOPEN=0,"ws://server.test${path}"`, 20);
      assert.equal(said, '+WS_DISCONNECTED:0\r\n');
      await lab.expect('AT+WSOPEN?', '\r\nbusy p...\r\n');
      const failed = await lab.next();
      assert.equal(failed.said, error);
      assert.ok(Math.abs(failed.after - 4975) < 5, `${failed.after} ms`);
      await lab.expect('AT+WSOPEN?', ok);
    });
  }

  const failures = [
    { name: 'a refused port', route: 'refused', lost: 1 },
    { name: 'a lost SYN', route: 'unroutable', lost: 10_000 },
    { name: 'an unknown name', route: 'no-name', lost: 30 },
  ] as const;
  for (const { name, route, lost } of failures) {
    it(`fails 5 s after it detects ${name}`, { route: () => ({ kind: route }) }, async (lab) => {
      const start = lab.clock.now();
      lab.device.write(Buffer.from('AT+WSOPEN=1,"ws://server.test/"\r\n'));
      assert.equal((await lab.next()).said, '+WS_DISCONNECTED:1\r\n');
      assert.ok(Math.abs(lab.clock.now() - start - lost) < 5);
      assert.equal((await lab.next()).said, error);
      assert.ok(Math.abs(lab.clock.now() - start - lost - 5000) < 5);
    });
  }

  it(
    'fails after 14 s when no server resolves the name',
    { dns: { 'known.test': '10.0.0.1', 'gone.test': 'fails' } },
    async (lab) => {
      lab.device.write(Buffer.from('AT+WSOPEN=0,"ws://x.timeout/",,3000\r\n'));
      assert.deepEqual(await lab.next(), { said: '+WS_DISCONNECTED:0\r\n', after: 14_000 });
      assert.deepEqual(await lab.next(), { said: error, after: 5000 });
      await lab.expect('AT+WSOPEN=0,"ws://gone.test/"', '+WS_DISCONNECTED:0\r\n', 100);
      await lab.hear(5000);
      await lab.expect('AT+WSOPEN=0,"ws://known.test/"', `+WS_CONNECTED:0\r\n${ok}`);
    },
  );

  it('waits for a slow server until its timeout', async (lab) => {
    await lab.expect('AT+WSOPEN=0,"ws://server.test/slow=3000"', '', 2990);
    assert.equal(await lab.hear(20), `+WS_CONNECTED:0\r\n${ok}`);
  });

  it('reports a server that responds too late as connected, and then fails', async (lab) => {
    const said = await lab.command('AT+WSOPEN=0,"ws://server.test/slow=3000",,1000', 3100);
    assert.equal(said, '+WS_CONNECTED:0\r\n');
    assert.equal(await lab.hear(1000), error);
    await lab.expect('AT+WSOPEN?', ok);
    assert.equal(lab.connection.open, false);
  });

  it('fails after 10 s on a silent server, at any timeout', async (lab) => {
    for (const timeout of [3000, 60_000]) {
      const said = await lab.command(`AT+WSOPEN=0,"ws://server.test/silent",,${timeout}`, 9990);
      assert.equal(said, '');
      assert.equal(await lab.hear(20), '+WS_DISCONNECTED:0\r\n');
      assert.equal(await lab.hear(4980), '');
      assert.equal(await lab.hear(20), error);
    }
  });

  it('responds OK after a close that follows the handshake at once', async (lab) => {
    lab.server.behavior.finDelay = 0;
    lab.server.behavior.onAccept = (connection) => connection.close(1001);
    const said = await lab.command('AT+WSOPEN=0,"ws://server.test/plain"', 50);
    assert.equal(said, `+WS_CONNECTED:0\r\n+WS_CLOSED:0\r\n${ok}`);
    await lab.expect('AT+WSOPEN?', ok);
  });

  it('crashes class A when the close comes right after opening', { firmware: 'A' }, async (lab) => {
    lab.server.behavior.onAccept = (connection) => connection.close(1001);
    const said = await lab.command('AT+WSOPEN=0,"ws://server.test/plain"', 300);
    assert.match(said, /^\+WS_CONNECTED:0\r\n\+WS_CLOSED:0\r\n$/);
    assert.equal((await lab.next()).said, '\r\nready\r\n');
  });

  it('fails without Wi-Fi', { joined: false }, async (lab) => {
    const said = await lab.command('AT+WSOPEN=0,"ws://127.0.0.1:9/"', 20);
    assert.equal(said, '+WS_DISCONNECTED:0\r\n');
    assert.equal(await lab.hear(5000), error);
    assert.equal(lab.server.requests.length, 0);
  });
});

describe('AT+WSHEAD on the simulated device', () => {
  const add = async (lab: Lab, line: string): Promise<string> => {
    await lab.expect(`AT+WSHEAD=${line.length}`, prompt);
    return lab.say(line);
  };

  it('keeps headers for all links, the newest first, until they are cleared', async (lab) => {
    await lab.expect('AT+WSHEAD?', ok);
    assert.equal(await add(lab, 'X-A: one'), ok);
    assert.equal(await add(lab, 'X-B: "two", \\three'), ok);
    assert.equal(await add(lab, 'X-A: again'), ok);
    await lab.expect(
      'AT+WSHEAD?',
      '+WSHEAD:0,"X-A: again"\r\n+WSHEAD:1,"X-B: "two", \\three"\r\n' +
        `+WSHEAD:2,"X-A: one"\r\n${ok}`,
    );
    await lab.open('/plain', 2);
    assert.deepEqual(lab.server.requests[0]?.headers.slice(-3), [
      ['X-A', 'again'],
      ['X-B', '"two", \\three'],
      ['X-A', 'one'],
    ]);
    await lab.expect('AT+WSHEAD=0', ok);
    await lab.expect('AT+WSHEAD?', ok);
    await lab.open('/plain', 0);
    assert.deepEqual(header(lab, 'X-A'), []);
  });

  it('refuses a header without a colon, with CR LF at its end, or with NUL', async (lab) => {
    for (const line of ['no colon', 'X-A: one\r\n', 'X-A: o\0e']) {
      assert.equal(await add(lab, line), error);
    }
    await lab.expectEach('AT+WSHEAD=', ['-1', '', '"5"', '1,2'], error);
    await lab.expect('AT+WSHEAD?', ok);
  });

  it('makes WSOPEN fail when the whole request reaches 1024 bytes', async (lab) => {
    await lab.open();
    const request = lab.server.requests[0];
    const plain =
      'GET /plain HTTP/1.1\r\n\r\n'.length +
      (request?.headers ?? []).reduce(
        (sum, [name, value]) => sum + name.length + value.length + 4,
        0,
      );
    // The firmware puts a second space behind the colon.
    const room = 1023 - plain - 'X:  \r\n'.length;
    assert.equal(await add(lab, `X: ${'v'.repeat(room)}`), ok);
    await lab.expect('AT+WSOPEN=1,"ws://server.test/plain"', `+WS_CONNECTED:1\r\n${ok}`);
    await lab.command('AT+WSHEAD=0');
    assert.equal(await add(lab, `X: ${'v'.repeat(room + 1)}`), ok);
    await lab.expect('AT+WSOPEN=2,"ws://server.test/plain"', '+WS_DISCONNECTED:2\r\n', 20);
    assert.equal(await lab.hear(5000), error);
    assert.equal(lab.server.requests.length, 2);
  });

  it('is unknown to class A', { firmware: 'A' }, async (lab) => {
    await lab.expectEach('AT+WSHEAD', ['?', '=5'], error);
  });
});
