import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WebSocketServer } from 'ws';
import { isObject } from '../../driver/link/request/json-path';
import { ocppServer } from './ocpp-server';
import { serverHarness } from './server-harness';

const CALLS = 50;

for (const firmware of ['C', 'D'] as const) {
  describe(`requests to servers from npm, on class ${firmware}`, { timeout: 300_000 }, () => {
    it('a charge point boots, beats and is called by an OCPP central system, also after a restart', async () => {
      const harness = await serverHarness(firmware);
      const resets: unknown[] = [];
      const server = ocppServer(harness.http, (client) => {
        client.handle('Heartbeat', async () => {
          resets.push(await client.call('Reset', { type: 'Soft' }));
          return { currentTime: '2026-11-28T00:00:00Z' };
        });
      });
      const [link] = harness.device.links;
      link.on('message', ({ bytes }) => {
        const call: unknown = JSON.parse(bytes.toString());
        if (Array.isArray(call) && call[0] === 2)
          void link.send(JSON.stringify([3, call[1], { status: 'Accepted' }]));
      });
      const call = async (action: string, parameters: object) => {
        const { json } = await link.request([2, '', action, parameters], {
          match: { by: 'array' },
          holdMs: 20_000,
        });
        return Array.isArray(json) ? (json[2] as unknown) : undefined;
      };
      try {
        await link.open({
          uri: `ws://${harness.host}/CP1`,
          subprotocol: 'ocpp1.6',
          keepOpen: true,
          framing: { by: 'json' },
        });
        for (const round of [1, 2]) {
          const boot = await call('BootNotification', { chargePointModel: 'M' });
          assert.deepEqual(boot, { status: 'Accepted', interval: 300 });
          const beat = await call('Heartbeat', {});
          assert.deepEqual(beat, { currentTime: '2026-11-28T00:00:00Z' });
          assert.equal(resets.length, round);
          await assert.rejects(call('Nonsense', {}), { code: 'REPLY_ERROR' });
          if (round === 1) await harness.restart();
        }
        assert.deepEqual(resets, [{ status: 'Accepted' }, { status: 'Accepted' }]);
      } finally {
        await server.close();
        await harness.end();
      }
    });

    it('JSON-RPC: 50 calls at once, answered in reverse, get their own results', async () => {
      const harness = await serverHarness(firmware);
      const server = new WebSocketServer({ server: harness.http });
      const answers: string[] = [];
      server.on('connection', (socket) => {
        socket.on('message', (data: Buffer) => {
          const request: unknown = JSON.parse(data.toString());
          if (!isObject(request)) return;
          const { id, params } = request;
          answers.unshift(JSON.stringify({ jsonrpc: '2.0', id, result: params }));
          if (answers.length === CALLS) for (const answer of answers) socket.send(answer);
        });
      });
      const [link] = harness.device.links;
      try {
        await link.open({ uri: `ws://${harness.host}/`, framing: { by: 'json' } });
        const calls = Array.from({ length: CALLS }, async (_, index) => {
          const request = { jsonrpc: '2.0', method: 'echo', params: [index] };
          const match = { by: 'property', request: 'id' } as const;
          const { json } = await link.request(request, { match });
          return isObject(json) ? json.result : undefined;
        });
        assert.deepEqual(
          await Promise.all(calls),
          calls.map((_, index) => [index]),
        );
        assert.equal(link.state, 'open');
      } finally {
        server.close();
        await harness.end();
      }
    });
  });
}
