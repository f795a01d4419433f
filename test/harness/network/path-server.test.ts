import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { startPathServer, type PathServer } from './path-server';
import { makeAuthority, makeIdentity } from './ws-server-certificates';

/** What an independent client makes of a path: its first message, `open`, or why it failed. */
async function visit(url: string, options: WebSocket.ClientOptions = {}): Promise<string> {
  const socket = new WebSocket(url, 'chat', options);
  try {
    const outcome = await new Promise<string>((resolve) => {
      socket.on('message', (data: Buffer) => resolve(data.toString()));
      // Its pong comes behind everything that the server sends by itself.
      socket.on('open', () => socket.ping());
      socket.on('pong', () => resolve('open'));
      socket.on('error', (error) => resolve(error.message));
    });
    return outcome;
  } finally {
    socket.terminate();
  }
}

describe('the path server, on a real port', () => {
  let server: PathServer;
  before(async () => {
    server = await startPathServer();
  });
  after(() => server.close());

  const EXPECTED: readonly (readonly [path: string, outcome: RegExp])[] = [
    ['/subok', /^open$/],
    ['/early', /^early-bird$/],
    ['/plain', /no subprotocol/],
    ['/subbad', /invalid subprotocol/],
    ['/401', /401/],
    ['/302', /302/],
    ['/noaccept', /200/],
    ['/badkey', /Sec-WebSocket-Accept/],
    ['/garbage', /HTTP/],
  ];
  for (const [path, outcome] of EXPECTED) {
    test(`${path}: a client of the package ws gets ${String(outcome)}`, async () => {
      // visit() requests a subprotocol; for want of one the client would not deliver the frame behind this 101.
      const url = `${server.url}${path}`;
      const got = path === '/early' ? await early(url) : await visit(url);
      assert.match(got, outcome);
    });
  }

  async function early(url: string): Promise<string> {
    const socket = new WebSocket(url);
    const [data] = (await once(socket, 'message')) as [Buffer];
    socket.terminate();
    return data.toString();
  }

  test('/echo sends back what it gets, and answers pings and close frames', async () => {
    const socket = new WebSocket(`${server.url}/echo`);
    await once(socket, 'open');
    socket.send(Buffer.from([0, 255]));
    const [data, binary] = (await once(socket, 'message')) as [Buffer, boolean];
    assert.deepEqual([[...data], binary], [[0, 255], true]);
    socket.ping('p');
    const [pong] = (await once(socket, 'pong')) as [Buffer];
    assert.equal(pong.toString(), 'p');
    socket.close(1000, 'bye');
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    assert.deepEqual([code, reason.toString()], [1000, 'bye']);
    const frames = server.ws.connections.at(-1)?.frames ?? [];
    assert.deepEqual(
      frames.map(({ opcode, masked }) => [opcode, masked]),
      [
        [2, true],
        [9, true],
        [8, true],
      ],
    );
  });

  test('closing it cuts every connection', async () => {
    const other = await startPathServer();
    const socket = new WebSocket(`${other.url}/plain`);
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await other.close();
    assert.equal(other.sockets.size, 0);
    const [code] = (await closed) as [number];
    assert.equal(code, 1006);
  });
});

describe('the path server over TLS', () => {
  const authority = makeAuthority('test CA');
  const client = makeIdentity(authority, 'client');
  const hosts = ['127.0.0.1'];
  const present = { ca: authority.certificate };

  test('shows a certificate that its authority stands for, and sees the client’s', async () => {
    const server = await startPathServer({
      identity: makeIdentity(authority, 'server', { hosts }),
      clientAuthority: authority.certificate,
    });
    const url = `${server.url}/subok`;
    assert.equal(await visit(url, present), 'open');
    const both = { ...present, cert: client.certificate, key: client.key };
    assert.equal(await visit(url, both), 'open');
    assert.deepEqual(
      server.ws.requests.map(({ clientName }) => clientName),
      [undefined, 'client'],
    );
    assert.match(await visit(url, { ca: makeAuthority('other').certificate }), /certificate/);
    await server.close();
  });

  test('an expired one is refused by the client', async () => {
    const [from, to] = [Date.UTC(2020, 0), Date.UTC(2021, 0)];
    const server = await startPathServer({
      identity: makeIdentity(authority, 'server', { hosts, from, to }),
    });
    assert.match(await visit(`${server.url}/subok`, present), /expired/);
    await server.close();
  });
});
