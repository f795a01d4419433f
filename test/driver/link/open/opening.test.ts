import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Harness } from '../../../harness/harness';
import { code, failure, test } from '../../../harness/ready-harness';
import { unchecked } from '../../../harness/refused';

describe('opening a link', () => {
  test('sets headers, WSCFG and the data format before WSOPEN, then queries the links, in one sequence', async (harness) => {
    const [first, second] = harness.device.links;
    const opening = Promise.all([
      first.open({
        uri: 'ws://host/a?x=1,2',
        subprotocol: 'chat',
        authorization: 'Bearer x,y',
        headers: [
          { name: 'X-One', value: 'a, "b" \\' },
          { name: 'X-Two', value: '2' },
        ],
        config: { pingIntervalMs: 30_000, pongTimeoutMs: 60_000, bufferBytes: 4096 },
      }),
      second.open({ uri: 'ws://host/b' }),
    ]);
    await harness.clock.wait(opening);
    assert.deepEqual(harness.lines(), [
      ...['AT+WSHEAD=0', 'AT+WSHEAD=8', 'X-Two: 2AT+WSHEAD=15', 'X-One: a, "b" \\AT+WSHEAD?'],
      ...['AT+WSCFG=0,30,60,4096', 'AT+WSDATAFMT=0,0,55'],
      ...['AT+WSOPEN=0,"ws://host/a?x=1\\,2","chat",15000,"Bearer x\\,y"', 'AT+WSOPEN?'],
      ...['AT+WSHEAD=0', 'AT+WSCFG=1,10,120,1024', 'AT+WSDATAFMT=1,0,55'],
      ...['AT+WSOPEN=1,"ws://host/b"', 'AT+WSOPEN?', 'AT+WSSEND=0,0,9', 'AT+WSSEND=1,0,9'],
    ]);
    const [a, b] = harness.server.requests;
    assert.equal(a?.target, '/a?x=1,2');
    const custom = a.headers.filter(([name]) => /^(X-|Auth|Sec-WebSocket-Protocol)/.test(name));
    assert.deepEqual(
      custom,
      [
        ['Sec-WebSocket-Protocol', 'chat'],
        ['X-One', 'a, "b" \\'],
        ['X-Two', '2'],
        ['Authorization', 'Bearer x,y'],
      ].sort((x, y) => order(a.headers, x[0]) - order(a.headers, y[0])),
    );
    assert.equal(
      b?.headers.some(([name]) => name.startsWith('X-')),
      false,
    );
  });

  for (const [what, uri, limitMs] of [
    ['a refused port', 'ws://host:1/', 7000],
    ['HTTP 401', 'ws://host/401', 7000],
    ['a wrong accept key', 'ws://host/badkey', 7000],
    ['a server that never responds', 'ws://host/silent', 16_000],
    ['a name that does not exist', 'ws://no.such.host/', 7000],
    ['a name server that never responds', 'ws://x.timeout/', 20_000],
  ] as const) {
    test(`fails with OPEN_FAILED within ${limitMs} ms: ${what}`, async (harness) => {
      const before = harness.clock.now();
      assert.equal(await code(harness, harness.link.open({ uri })), 'OPEN_FAILED');
      assert.ok(harness.clock.now() - before < limitMs, `took ${harness.clock.now() - before} ms`);
      assert.deepEqual(harness.story(), ['opening 0', 'failed 0']);
    });
  }

  test('fails with OPEN_TIMEOUT when the server accepts later than timeoutMs', async (harness) => {
    const error = await failure(
      harness,
      harness.link.open({ uri: 'ws://host/slow=3000', timeoutMs: 1000 }),
    );
    assert.equal(error.code, 'OPEN_TIMEOUT');
    assert.equal(harness.link.stateNumber, 0);
  });

  it('takes the options of the last open() that joined it while it waited for the device', async () => {
    await using harness = new Harness();
    harness.device.start();
    const [link] = harness.device.links;
    const opens = ['old', 'new'].map((subprotocol) =>
      link.open({ uri: 'ws://host/subok', subprotocol }),
    );
    await harness.clock.wait(Promise.all(opens));
    assert.deepEqual(
      harness.lines().filter((line) => line.startsWith('AT+WSOPEN=')),
      ['AT+WSOPEN=0,"ws://host/subok","new"'],
    );
  });

  const headers = unchecked({ 'X-Key': 'a' });
  for (const [what, options, expected] of [
    ['an empty URI', { uri: '' }, 'INVALID_URI'],
    [
      'headers that are no list, beside an authorization that has to become a header',
      { headers, authorization: 'a'.repeat(300) },
      'INVALID_HEADER',
    ],
    ['a message limit of 0', { maxMessageBytes: 0 }, 'INVALID_CONFIG'],
  ] as const)
    test(`refuses ${what} without a byte written`, async (harness) => {
      const opening = harness.link.open({ uri: 'ws://host/', ...options });
      assert.equal(await code(harness, opening), expected);
      assert.deepEqual([harness.port.text, harness.linkEvents], ['', []]);
    });

  it('refuses settings that no firmware takes without an event, also where no device is ready', async () => {
    await using harness = new Harness();
    const { link } = harness;
    for (const config of [{ pingIntervalMs: 1500 }, { bufferBytes: 16_385 }])
      assert.equal(
        await code(harness, link.open({ uri: 'ws://host/', keepOpen: true, config })),
        'INVALID_CONFIG',
      );
    assert.deepEqual([harness.linkEvents, link.state, link.uri], [[], 'closed', '']);
  });
});

function order(headers: readonly (readonly [string, string])[], name: string | undefined): number {
  return headers.findIndex(([each]) => each === name);
}
