import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { after, before, describe, it } from 'node:test';
import { WebSocketServer } from 'ws';
import { portOf } from '../harness/network/port-of';
import { makeAuthority, makeIdentity } from '../harness/network/ws-server-certificates';
import { Demo } from './demo';
import { exampleIn, flowOf } from './example';

const AUTHORIZATION = 'Bearer 5f3a-secret';
const authority = makeAuthority('Home CA');

describe('the example "Authenticated wss://" with a server', () => {
  const { certificate: cert, key } = makeIdentity(authority, 'server');
  const server = createServer({ cert, key });
  /** What the server saw: the header of each connection, then its messages. */
  const seen: (string | undefined)[] = [];
  let demo: Demo;

  before(async () => {
    new WebSocketServer({ server, path: '/feed' }).on('connection', (socket, request) => {
      seen.push(request.headers.authorization);
      socket.on('message', (data: Buffer) => {
        seen.push(data.toString());
        socket.send('received');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    demo = await Demo.start({ flows: flowOf('Authenticated') });
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await demo.dispose();
  });

  /** Fills in what the description asks for, as the editor does. */
  async function fillIn(ca: string): Promise<void> {
    const flows = (await demo.flows()).map((node) => {
      if (node.type === 'esp-at-device') return { ...node, credentials: { ca0: ca } };
      if (node.type !== 'ws-open') return node;
      const uri = `wss://127.0.0.1:${portOf(server)}/feed`;
      return { ...node, uri, credentials: { authorization: AUTHORIZATION } };
    });
    const headers = { 'Content-Type': 'application/json' };
    await demo.ask('/flows', { method: 'POST', headers, body: JSON.stringify({ flows }) });
  }

  it('nothing filled in: CERTIFICATE_MISSING', async () => {
    await exampleIn(demo, 'Authenticated').shows('connection', 'failed: CERTIFICATE_MISSING');
  });

  it('a CA that has not signed the server: no connection, no header leaves', async () => {
    await fillIn(makeAuthority('Another CA').certificate);
    await exampleIn(demo, 'Authenticated').shows('connection', 'failed: OPEN_FAILED');
    assert.deepEqual(seen, []);
  });

  it('the CA of the server: the server gets the header and the message', async () => {
    const { press, shows } = exampleIn(demo, 'Authenticated');
    await fillIn(authority.certificate);
    await shows('connection', 'opened');
    await press('send text');
    await shows('received', 'received');
    assert.deepEqual(seen, [AUTHORIZATION, 'a secret reading']);
  });

  it('exported: the flow holds neither CA nor header', async () => {
    const exported = JSON.stringify(await demo.flows());
    assert.ok(!exported.includes('BEGIN CERTIFICATE') && !exported.includes(AUTHORIZATION));
  });
});
