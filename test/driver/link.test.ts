import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../driver/errors';
import type { OpenOptions } from '../../driver/link-types';
import { PacedLine } from '../../simulator/paced-uart';
import { World, type WorldOptions } from '../support/world';

/** A world with a device that is ready, and what was written since. */
async function readyWorld(options: WorldOptions = {}): Promise<World> {
  const world = new World(options);
  await world.ready();
  world.port.written.length = 0;
  return world;
}

/** How a promise is rejected, once virtual time has let it settle. */
async function failure(world: World, promise: Promise<unknown>): Promise<EspAtError> {
  try {
    await world.clock.wait(promise);
  } catch (error) {
    assert.ok(error instanceof EspAtError, String(error));
    return error;
  }
  throw new Error('nothing went wrong');
}

const code = async (world: World, promise: Promise<unknown>) =>
  (await failure(world, promise)).code;

function lines(world: World): string[] {
  return world.port.text.split('\r\n').filter((line) => line !== '');
}

function story(world: World, link = 0): string[] {
  return world.links
    .filter((each) => each.link === link)
    .map(({ event, state }) => `${event} ${state}`);
}

describe('opening a link', () => {
  it('sets headers, WSCFG and the data format before WSOPEN, and asks what is open, as one sequence', async () => {
    const world = await readyWorld();
    const [first, second] = world.device.links;
    const opening = Promise.all([
      first.open({
        uri: 'ws://host/a?x=1,2',
        subprotocol: 'chat',
        authorization: 'Bearer x,y',
        headers: [
          { name: 'X-One', value: 'a, "b" \\' },
          { name: 'X-Two', value: '2' },
        ],
        config: { pingInterval: 30, pongTimeout: 60, bufferSize: 4096 },
      }),
      second.open({ uri: 'ws://host/b' }),
    ]);
    await world.clock.wait(opening);
    assert.deepEqual(lines(world), [
      'AT+WSHEAD=0',
      'AT+WSHEAD=8',
      'X-Two: 2AT+WSHEAD=15',
      'X-One: a, "b" \\AT+WSHEAD?',
      'AT+WSCFG=0,30,60,4096',
      'AT+WSDATAFMT=0,0,55',
      'AT+WSOPEN=0,"ws://host/a?x=1\\,2","chat",15000,"Bearer x\\,y"',
      'AT+WSOPEN?',
      'AT+WSHEAD=0',
      'AT+WSCFG=1,10,120,1024',
      'AT+WSDATAFMT=1,0,55',
      'AT+WSOPEN=1,"ws://host/b"',
      'AT+WSOPEN?',
    ]);
    const [a, b] = world.server.requests;
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
    await world.end();
  });

  for (const [what, uri, expected, limit] of [
    ['a refused port', 'ws://host:1/', 'OPEN_FAILED', 7000],
    ['HTTP 401', 'ws://host/401', 'OPEN_FAILED', 7000],
    ['a wrong accept key', 'ws://host/badkey', 'OPEN_FAILED', 7000],
    ['a server that never answers', 'ws://host/silent', 'OPEN_FAILED', 16_000],
    ['a name that does not exist', 'ws://no.such.host/', 'OPEN_FAILED', 7000],
    ['a name server that never answers', 'ws://x.timeout/', 'OPEN_FAILED', 20_000],
  ] as const) {
    it(`fails with a code in bounded time: ${what}`, async () => {
      const world = await readyWorld();
      const before = world.clock.now();
      assert.equal(await code(world, world.device.links[0].open({ uri })), expected);
      assert.ok(world.clock.now() - before < limit, `took ${world.clock.now() - before} ms`);
      assert.deepEqual(story(world), ['opening 0', 'failed 0']);
      await world.end();
    });
  }

  it('tells a server that is too slow from one that refuses', async () => {
    const world = await readyWorld();
    const error = await failure(
      world,
      world.device.links[0].open({ uri: 'ws://host/slow=3000', timeout: 1000 }),
    );
    assert.equal(error.code, 'OPEN_TIMEOUT');
    assert.equal(world.device.links[0].state, 0);
    await world.end();
  });

  it('is a success at once when it is open to the same URI, an error or a replacement when to another', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/a', owner: 'first' }));
    world.port.written.length = 0;
    await world.clock.wait(link.open({ uri: 'ws://host/a', owner: 'second' }));
    assert.equal(world.port.text, '');
    assert.equal(link.owner, 'second');
    assert.equal(await code(world, link.open({ uri: 'ws://host/b' })), 'LINK_IN_USE');
    assert.equal(world.port.text, '');
    await world.clock.wait(link.open({ uri: 'ws://host/b', replace: true }));
    assert.deepEqual([link.state, link.uri], [2, 'ws://host/b']);
    assert.deepEqual(
      world.server.requests.map(({ target }) => target),
      ['/a', '/b'],
    );
    await world.end();
  });

  it('joins an opening to the same URI that is under way', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    const options = { uri: 'ws://host/slow=500' };
    await world.clock.wait(Promise.all([link.open(options), link.open({ ...options })]));
    assert.equal(world.server.requests.length, 1);
    await world.end();
  });

  it('is given up by a close', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    const opening = code(world, link.open({ uri: 'ws://host/slow=3000', keepOpen: true }));
    await world.clock.advance(1000);
    await world.clock.wait(link.close());
    assert.equal(await opening, 'OPEN_ABORTED');
    assert.equal(link.state, 0);
    await world.clock.advance(120_000);
    assert.equal(world.server.requests.length, 1);
    await world.end();
  });

  const bad: readonly [string, Partial<OpenOptions>, string][] = [
    ['no URI', { uri: undefined }, 'INVALID_URI'],
    ['an empty URI', { uri: '' }, 'INVALID_URI'],
    ['a URI that is too long', { uri: `ws://host/${'a'.repeat(240)}` }, 'INVALID_URI'],
    ['another scheme', { uri: 'http://host/' }, 'INVALID_URI'],
    ['a space', { uri: 'ws://host/a b' }, 'INVALID_URI'],
    ['a command in the URI', { uri: 'ws://host/"\r\nAT+RST\r\n' }, 'INVALID_URI'],
    ['a command in the subprotocol', { subprotocol: 'a"\r\nAT+RST\r\n' }, 'INVALID_SUBPROTOCOL'],
    ['a command in the authorization', { authorization: 'a\r\nAT+RST' }, 'INVALID_AUTHORIZATION'],
    [
      'a header with a line end',
      { headers: [{ name: 'X', value: 'a\r\nY: b' }] },
      'INVALID_HEADER',
    ],
    ['a header without a name', { headers: [{ name: '', value: 'a' }] }, 'INVALID_HEADER'],
    ['a timeout of 0', { timeout: 0 }, 'INVALID_TIMEOUT'],
    ['no number for the largest message', { maxMessage: NaN }, 'INVALID_CONFIG'],
    ['a largest message of 0', { maxMessage: 0 }, 'INVALID_CONFIG'],
    ['no silence', { joining: { by: 'silence', milliseconds: 0 } }, 'INVALID_CONFIG'],
    ['a ping interval of 0', { config: { pingInterval: 0 } }, 'INVALID_CONFIG'],
    ['a buffer that is too large', { config: { bufferSize: 16_385 } }, 'INVALID_CONFIG'],
  ];
  for (const [what, options, expected] of bad) {
    it(`refuses ${what} without a byte written`, async () => {
      const world = await readyWorld();
      assert.equal(
        await code(world, world.device.links[0].open({ uri: 'ws://host/', ...options })),
        expected,
      );
      assert.equal(world.port.text, '');
      assert.deepEqual(world.links, []);
      await world.end();
    });
  }

  it('refuses what the firmware cannot do', async () => {
    const old = await readyWorld({ firmware: 'A' });
    const headers = [{ name: 'X', value: 'y' }];
    assert.equal(
      await code(old, old.device.links[0].open({ uri: 'ws://host/', headers })),
      'HEADERS_NOT_SUPPORTED',
    );
    assert.equal(
      await code(old, old.device.links[0].open({ uri: 'ws://host/', config: { auth: 2 } })),
      'AUTH_NOT_SUPPORTED',
    );
    assert.equal(old.port.text, '');
    await old.end();
  });

  it('names the certificate that is missing', async () => {
    const sntp = { timezone: 0, servers: [] };
    const world = await readyWorld({ firmware: 'C', device: { sntp } });
    const error = await failure(
      world,
      world.device.links[0].open({ uri: 'wss://host/', config: { auth: 2, ca: 1 } }),
    );
    assert.equal(error.code, 'CERTIFICATE_MISSING');
    assert.deepEqual(error.details, { material: 'CA', index: 1 });
    await world.end();
  });
});

describe('losing and keeping a link', () => {
  it('follows a close by the server, and stays closed unless it is kept open', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    world.server.connections[0]?.close(1001);
    await world.clock.advance(120_000);
    assert.deepEqual(story(world), ['opening 0', 'opened 2', 'closed-by-server 0']);
    await world.end();
  });

  it('opens again after a close by the server when it is kept open', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain', keepOpen: true }));
    world.server.connections[0]?.close(1001);
    await world.clock.advance(10_000);
    assert.deepEqual(story(world), [
      'opening 0',
      'opened 2',
      'closed-by-server 0',
      'retrying 0',
      'opening 0',
      'reopened 2',
    ]);
    await world.end();
  });

  it('follows the device while it reconnects by itself', async () => {
    const world = await readyWorld();
    await world.clock.wait(world.device.links[0].open({ uri: 'ws://host/plain' }));
    world.server.connections[0]?.drop();
    await world.clock.advance(1000);
    assert.ok([1, 3].includes(world.device.links[0].state));
    await world.clock.advance(20_000);
    assert.equal(world.device.links[0].state, 2);
    assert.equal(story(world).at(-1), 'reopened 2');
    await world.end();
  });

  it('tries a refused opening again with growing pauses, for ever', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    assert.equal(
      await code(world, link.open({ uri: 'ws://host:1/', keepOpen: true })),
      'OPEN_FAILED',
    );
    await world.clock.advance(600_000);
    const pauses = world.links.flatMap(({ retryIn }) => retryIn ?? []);
    assert.ok(pauses.length >= 8, String(pauses));
    assert.ok((pauses[0] ?? 0) <= 1000 && (pauses.at(-1) ?? 0) >= 45_000, String(pauses));
    assert.ok(Math.max(...pauses) <= 60_000, String(pauses));
    await world.clock.wait(link.close());
    const events = world.links.length;
    await world.clock.advance(300_000);
    assert.equal(world.links.length, events);
    await world.end();
  });

  it('leaves the device to the other links most of the time when a host is dead', async () => {
    const world: World = await readyWorld({
      route: ({ port }) =>
        port === 7 ? { kind: 'unroutable' } : { kind: 'server', server: world.server },
    });
    const opening = world.device.links[0].open({ uri: 'ws://host:7/', keepOpen: true });
    assert.equal(await code(world, opening), 'OPEN_FAILED');
    await world.clock.advance(3_600_000);
    world.port.written.length = 0;
    await world.clock.advance(3_600_000);
    // Each takes the device 15 s.
    const attempts = lines(world).filter((line) => line.startsWith('AT+WSOPEN=0,')).length;
    assert.ok(attempts >= 15 && attempts <= 24, `${attempts} in an hour`);
    await world.end();
  });

  it('closes with a close frame and waits for its answer', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    world.port.written.length = 0;
    await world.clock.wait(link.close({ code: 1001, reason: 'gone' }));
    assert.deepEqual(lines(world), ['AT+WSSEND=0,6,8', '\x03\xe9goneAT+WSCLOSE=0']);
    assert.deepEqual(
      world.server.connections[0]?.frames[0]?.payload,
      Buffer.from('\x03\xe9gone', 'latin1'),
    );
    assert.deepEqual(story(world), ['opening 0', 'opened 2', 'closing 4', 'closed 0']);
    await world.end();
  });

  it('closes at once without a close frame when asked to', async () => {
    const world = await readyWorld();
    await world.clock.wait(world.device.links[0].open({ uri: 'ws://host/plain' }));
    world.port.written.length = 0;
    await world.clock.wait(world.device.links[0].close({ graceful: false }));
    assert.deepEqual(lines(world), ['AT+WSCLOSE=0']);
    assert.deepEqual(world.server.connections[0]?.frames, []);
    await world.end();
  });

  it('sends what was given before a graceful close', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    const sends = [link.send('one'), link.send('two')];
    await world.clock.wait(Promise.all([...sends, link.close()]));
    assert.deepEqual(
      world.server.connections[0]?.frames
        .map(({ opcode, payload }) => [opcode, payload.toString('latin1')])
        .slice(0, 3),
      [
        [1, 'one'],
        [1, 'two'],
        [8, '\x03\xe8'],
      ],
    );
    await world.end();
  });

  it('refuses close codes that may not be sent, and reasons that do not fit', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    world.port.written.length = 0;
    for (const bad of [999, 1005, 1006, 2999, 5000, 1.5]) {
      assert.equal(await code(world, link.close({ code: bad })), 'INVALID_CLOSE_CODE');
    }
    assert.equal(await code(world, link.close({ reason: 'é'.repeat(62) })), 'INVALID_PAYLOAD');
    assert.equal(world.port.text, '');
    assert.equal(link.state, 2);
    await world.end();
  });
});

describe('a link that only seems open', () => {
  /** A ready world whose device says what `told` makes of it. */
  async function told(change: (text: string, world: World) => string): Promise<World> {
    const world: World = new World({
      simulator: {
        output: (bytes) => {
          const text = change(bytes.toString('latin1'), world);
          if (text !== '') world.port.deliver(Buffer.from(text, 'latin1'));
        },
      },
    });
    await world.ready();
    return world;
  }

  it('is found out by a refused message when its +WS_CLOSED never came', async () => {
    const world = await told((text) => text.replace('+WS_CLOSED:0\r\n', ''));
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain', keepOpen: true }));
    world.server.connections[0]?.close(1001);
    await world.clock.advance(500);
    assert.equal(link.state, 2);
    assert.equal(await code(world, link.send('into the void')), 'SEND_FAILED');
    await world.clock.until(() => world.server.connections.length === 2, 5000);
    assert.deepEqual(story(world).slice(2), ['closed-by-server 0', 'retrying 0', 'opening 0']);
    await world.end();
  });

  it('is opened again when it took nothing for as long as a message was given', async () => {
    let stalled = false;
    const world = await told((text, { clock, port }) => {
      if (!stalled) return text;
      // The device works on the message, and gives up after its 10 s.
      if (text !== '\r\nSEND OK\r\n') return text;
      clock.after(10_500, () => {
        stalled = false;
        port.deliver(Buffer.from('\r\nERROR\r\n'));
      });
      return '';
    });
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    stalled = true;
    const farEnd = world.simulator.write.bind(world.simulator);
    world.simulator.write = (bytes) => {
      if (stalled && bytes.length === 1) world.port.deliver(Buffer.from('\r\nbusy p...\r\n'));
      else farEnd(bytes);
    };
    const error = await failure(world, link.send('stuck'));
    assert.deepEqual([error.code, error.outcome], ['SEND_UNKNOWN', 'unknown']);
    await world.clock.until(() => link.state === 2 && world.server.connections.length === 2, 5000);
    const lost = world.links.find(({ event }) => event === 'lost');
    assert.deepEqual([lost?.error?.code, lost?.error?.details.seconds], ['LINK_STALLED', 11]);
    assert.equal(story(world).at(-1), 'reopened 2');
    await world.end();
  });
});

describe('sending when the connection is lost', () => {
  it('fails what waits and what is about to be taken as not sent', async () => {
    const world = await readyWorld({
      simulator: {
        // Time enough for the loss to come before the prompt.
        hooks: {
          fate: (line) =>
            line.startsWith('AT+WSSEND') ? { kind: 'late', delay: 100 } : { kind: 'obey' },
        },
      },
    });
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    const sends = ['one', 'two'].map((text) => failure(world, link.send(text)));
    world.server.connections[0]?.reset();
    for (const { code, outcome } of await Promise.all(sends)) {
      assert.deepEqual([code, outcome], ['LINK_NOT_OPEN', 'not-sent']);
    }
    assert.equal(world.port.text.split('AT+WSSEND').length - 1, 1);
    await world.end();
  });

  it('does not go on with a message in fragments on the next connection', async () => {
    const world = await readyWorld({ simulator: { uart: new PacedLine().factory } });
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain', keepOpen: true }));
    const sending = link.send(Buffer.alloc(40_000, 'x'), { opcode: 2 });
    const error = failure(world, sending);
    await world.clock.until(() => (world.server.connections[0]?.frames.length ?? 0) > 3, 5000);
    world.server.connections[0]?.reset();
    assert.deepEqual([(await error).code, (await error).outcome], ['SEND_UNKNOWN', 'unknown']);
    await world.clock.until(() => link.state === 2, 30_000);
    await world.clock.wait(link.send('next'));
    await world.clock.advance(10);
    assert.deepEqual(
      world.server.connections[1]?.frames.map(({ opcode, payload }) => [opcode, payload.length]),
      [[1, 4]],
    );
    await world.end();
  });
});

describe('sending', () => {
  const nasty = Buffer.from('\0>\r\nOK\r\n+WS_CLOSED:0\r\n\r\nSEND OK\r\nAT+RST\r\n\xff', 'latin1');

  for (const firmware of ['A', 'B', 'C', 'D'] as const) {
    it(`brings any bytes there and back, class ${firmware}`, async () => {
      const world = await readyWorld({ firmware });
      const [link] = world.device.links;
      await world.clock.wait(link.open({ uri: 'ws://host/echo', config: { bufferSize: 8192 } }));
      const large = Buffer.from(Array.from({ length: 8192 }, (_, index) => (index * 7) & 0xff));
      await world.clock.wait(
        Promise.all([link.send(nasty, { opcode: 2 }), link.send(large, { opcode: 2 })]),
      );
      await world.clock.advance(1000);
      assert.deepEqual(
        Buffer.concat(world.messages.map(({ bytes }) => bytes)),
        Buffer.concat([nasty, large]),
      );
      await world.end();
    });
  }

  it('keeps three links apart', async () => {
    const world = await readyWorld();
    const { links } = world.device;
    await world.clock.wait(
      Promise.all(links.map((link) => link.open({ uri: `ws://host/echo?${link.id}` }))),
    );
    const sends = Array.from({ length: 60 }, (_, index) =>
      world.device.link(index % 3).send(`${index % 3}: ${index}`),
    );
    await world.clock.wait(Promise.all(sends));
    await world.clock.advance(1000);
    for (const { id } of links) {
      const got = world.messages
        .filter(({ link }) => link === id)
        .map(({ bytes }) => bytes.toString());
      assert.deepEqual(
        got,
        Array.from({ length: 20 }, (_, index) => `${id}: ${index * 3 + id}`),
      );
    }
    await world.end();
  });

  it('sends large messages in fragments that the server joins (class D)', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain', config: { bufferSize: 16_384 } }));
    world.port.written.length = 0;
    await world.clock.wait(link.send('x'.repeat(40_000)));
    assert.deepEqual(
      lines(world)
        .map((line) => line.replace(/^x*/, ''))
        .filter((line) => line !== ''),
      [
        'AT+WSSEND=0,16384,1,10000,0',
        'AT+WSSEND=0,16384,0,10000,0',
        'AT+WSSEND=0,7232,0,10000,0',
        'AT+WSSEND=0,0,0',
      ],
    );
    await world.clock.advance(10);
    const frames = world.server.connections[0]?.frames ?? [];
    assert.deepEqual(
      frames.map(({ fin, opcode, payload }) => [fin, opcode, payload.length]),
      [
        [false, 1, 16_384],
        [false, 0, 16_384],
        [false, 0, 7232],
        [true, 0, 0],
      ],
    );
    await world.end();
  });

  it('names the limit where the firmware cannot fragment, or cannot send nothing', async () => {
    const world = await readyWorld({ firmware: 'C' });
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    world.port.written.length = 0;
    const error = await failure(world, link.send('x'.repeat(8193)));
    assert.deepEqual(
      [error.code, error.details, error.outcome],
      ['PAYLOAD_TOO_LONG', { length: 8193, limit: 8192 }, 'not-sent'],
    );
    assert.equal(await code(world, link.send('')), 'EMPTY_NOT_SUPPORTED');
    assert.equal(await code(world, link.send('x', { fin: false })), 'FRAGMENTS_NOT_SUPPORTED');
    assert.equal(await code(world, link.send('x', { opcode: 0 })), 'FRAGMENTS_NOT_SUPPORTED');
    assert.equal(world.port.text, '');
    await world.end();
  });

  it('sends every opcode and refuses others', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    for (const opcode of [1, 2, 3, 7, 9, 10, 11, 15])
      await world.clock.wait(link.send('abc', { opcode }));
    await world.clock.advance(10);
    assert.deepEqual(
      world.server.connections[0]?.frames.map(({ opcode }) => opcode),
      [1, 2, 3, 7, 9, 10, 11, 15],
    );
    world.port.written.length = 0;
    for (const opcode of [16, -1, 1.5, NaN]) {
      const error = await failure(world, link.send('abc', { opcode }));
      assert.deepEqual([error.code, error.outcome], ['INVALID_OPCODE', 'not-sent']);
    }
    assert.equal(world.port.text, '');
    await world.end();
  });

  it('is refused on v4.0.0.0 beyond the buffer size, where the firmware frames it wrongly', async () => {
    const world: World = new World({
      firmware: 'B',
      simulator: {
        output: (bytes) =>
          world.port.deliver(
            Buffer.from(bytes.toString('latin1').replace('3.3.0.0', '4.0.0.0'), 'latin1'),
          ),
      },
    });
    await world.ready();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain', config: { bufferSize: 2000 } }));
    const error = await failure(world, link.send('x'.repeat(2001)));
    assert.deepEqual(
      [error.code, error.outcome, error.details.limit],
      ['PAYLOAD_TOO_LONG', 'not-sent', 2000],
    );
    await world.clock.wait(link.send('x'.repeat(2000)));
    await world.end();
  });

  it('is refused when it is to wait for a time that is none', async () => {
    const world = await readyWorld();
    for (const hold of [NaN, Infinity, -1, 86_401]) {
      const error = await failure(world, world.device.links[0].send('x', { hold }));
      assert.deepEqual([error.code, error.outcome], ['INVALID_CONFIG', 'not-sent']);
    }
    await world.end();
  });

  it('is an error at once when the link is not open', async () => {
    const world = await readyWorld();
    const error = await failure(world, world.device.links[0].send('x'));
    assert.deepEqual([error.code, error.outcome], ['LINK_NOT_OPEN', 'not-sent']);
    assert.equal(world.port.text, '');
    await world.end();
  });

  it('holds messages while the link is away, in order, and no longer than asked to', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain', keepOpen: true }));
    world.simulator.restart();
    await world.clock.until(() => link.state === 0, 5000);
    const short = code(world, link.send('never', { hold: 0.1 }));
    const sends = ['one', 'two', 'three'].map((text) => link.send(text, { hold: 30 }));
    await world.clock.wait(Promise.all(sends));
    await world.clock.advance(10);
    assert.equal(await short, 'HOLD_TIMEOUT');
    assert.deepEqual(
      world.server.connections[1]?.frames.map(({ payload }) => payload.toString()),
      ['one', 'two', 'three'],
    );
    await world.end();
  });

  it('refuses more than the queue may hold at the moment it is given', async () => {
    const world = await readyWorld({ device: { queue: { messages: 3, bytes: 1000 } } });
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    const sends = [1, 2, 3].map((index) => link.send(`m${index}`));
    assert.deepEqual(world.device.queue.messages, 3);
    const error = await failure(world, link.send('one too many'));
    assert.deepEqual([error.code, error.outcome], ['QUEUE_FULL', 'not-sent']);
    await world.clock.wait(Promise.all(sends));
    await world.clock.advance(10);
    assert.equal(world.device.queue.messages, 0);
    assert.equal(world.server.connections[0]?.frames.length, 3);
    await world.end();
  });

  it('can be withdrawn while it waits, not once it is at work', async () => {
    const world = await readyWorld();
    const [link] = world.device.links;
    await world.clock.wait(link.open({ uri: 'ws://host/plain' }));
    const controllers = [new AbortController(), new AbortController()];
    const [first, second] = controllers.map(({ signal }, index) =>
      link.send(`m${index}`, { signal }),
    );
    controllers.forEach((controller) => controller.abort());
    assert.ok(first && second);
    const error = await failure(world, second);
    await world.clock.wait(first);
    await world.clock.advance(10);
    assert.deepEqual([error.code, error.outcome], ['ABORTED', 'not-sent']);
    assert.equal(world.server.connections[0]?.frames.length, 1);
    await world.end();
  });
});

function order(headers: readonly (readonly [string, string])[], name: string | undefined): number {
  return headers.findIndex(([each]) => each === name);
}
