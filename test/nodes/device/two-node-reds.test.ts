import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { it } from 'node:test';
import type { NodeAPI } from 'node-red';
import { espAtDevice } from '../../../nodes/esp-at-device';
import { makeDevice } from '../../../nodes/shared/device/make-device';
import { portOf } from '../../harness/network/port-of';
import { field } from '../../harness/nodes/messages';
import { turns } from '../../harness/nodes/turns';
import { unchecked } from '../../harness/refused';

/** Calls `define` with an API that takes nothing but routes. Returns a function that asks one of them, for the code of the failure. */
function routesOf(define: (RED: NodeAPI) => void) {
  type Handler = (request: object, response: object) => void;
  const routes = new Map<string, Handler>();
  const add = (path: string, _: unknown, handler: Handler) => void routes.set(path, handler);
  define(unchecked({
    settings: {},
    auth: { needsPermission: () => undefined },
    httpAdmin: { get: add, post: add },
    nodes: { registerType: () => undefined, getNode: () => null },
  }));
  return (path: string, body: object) =>
    new Promise<unknown>((resolve) => {
      const json = (answer: unknown) => resolve(field(field(answer, 'error'), 'code'));
      routes.get(path)?.({ params: {}, body }, { json, status: () => ({ json }) });
    });
}

it('dialogs of two Node-REDs in one process: visit a port one after the other', async () => {
  const events: string[] = [];
  const server = createServer((socket) => {
    events.push('open');
    void turns(20).then(() => {
      events.push('closed');
      socket.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = `tcp://127.0.0.1:${portOf(server)}`;
  const define = espAtDevice(makeDevice);
  const path = '/esp-at-websocket/networks/:device';
  const answers = ['true', 'false'].map((dtr) => routesOf(define)(path, { port, dtr }));
  assert.deepEqual(await Promise.all(answers), ['PORT_LOST', 'PORT_LOST']);
  server.close();
  assert.deepEqual(events, ['open', 'closed', 'open', 'closed']);
});
