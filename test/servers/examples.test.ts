import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { RPCClient } from 'ocpp-rpc';
import { onEachRuntime } from '../harness/nodes/node-red';
import { examples } from '../package/project';
import { idOf } from '../start/demo';
import { homeAssistantServer } from './home-assistant-server';
import { until } from '../harness/until';
import { ocppServer } from './ocpp-server';
import { serverHarness } from './server-harness';

/** Whether a node of this type plays the server in the examples. */
const isStandIn = (type: unknown) => /^(status|websocket)/.test(String(type));

for (const firmware of ['C', 'D'] as const)
  onEachRuntime(`examples with servers from npm, class ${firmware}`, (nodeRed) => {
    nodeRed.coreNodes = [
      ...['common/20-inject', 'common/90-comment'],
      ...['function/10-function', 'function/10-switch', 'function/15-change'],
    ];
    /** A harness that unloads the flow before it ends. */
    async function begin() {
      const harness = await serverHarness(firmware);
      harness.atEnd(() => nodeRed.unload());
      return harness;
    }

    /** Runs an example whose link opens to another server; its debug nodes keep their messages. */
    async function run(
      name: string,
      path: string,
      { device, host }: Awaited<ReturnType<typeof begin>>,
    ) {
      const flow = examples().get(`examples/${name}.json`);
      assert.ok(flow);
      const nodes = flow
        .filter(({ type }) => !isStandIn(type))
        .map((node) => ({
          ...node,
          ...(node.type === 'ws-open' && { uri: `ws://${host}${path}` }),
          ...(node.type === 'debug' && { type: 'helper' }),
        }));
      await nodeRed.load(() => device, nodes);
      const box = (debug: string) => nodeRed.waiting(idOf(flow, 'debug', debug));
      return {
        press: (inject: string) => nodeRed.give(idOf(flow, 'inject', inject)),
        debug: box,
        shows: (debug: string, text: string) =>
          until(
            () => box(debug).some(({ payload }) => payload === text),
            `${debug}: ${text}, but ${JSON.stringify(box(debug))}`,
          ),
      };
    }

    it('Home Assistant: answers the auth_required that comes with the 101, subscribes, and calls a service; also after a restart', async () => {
      await using harness = await begin();
      const server = homeAssistantServer(harness.http, 'demo token');
      harness.atEnd(() => server.close());
      const { press, shows, debug } = await run('Home Assistant', '/api/websocket', harness);
      await shows('result', 'subscribe: done');
      press('turn the light on');
      await shows('result', 'turn_on: done');
      await shows('states', 'light.kitchen: on');
      await harness.restart();
      await until(() => debug('result').length === 3, 'the subscription after the restart');
      press('turn the light off');
      await shows('states', 'light.kitchen: off');
      assert.deepEqual([debug('other message'), debug('problem')], [[], []]);
    });

    it('OCPP charge point: boots, beats, and answers calls of the central system; boots again after a restart', async () => {
      await using harness = await begin();
      const clients: RPCClient[] = [];
      const server = ocppServer(harness.http, (client) => {
        clients.push(client);
        client.handle('Heartbeat', async () => ({ currentTime: '2026-11-28T00:00:00Z' }));
      });
      harness.atEnd(() => server.close());
      const { press, shows, debug } = await run('OCPP charge point', '/CP1', harness);
      const booted = 'BootNotification: {"status":"Accepted","interval":300}';
      await shows('answer', booted);
      press('heartbeat');
      await shows('answer', 'Heartbeat: {"currentTime":"2026-11-28T00:00:00Z"}');
      const [central] = clients;
      assert.ok(central);
      assert.deepEqual(await central.call('Reset', { type: 'Soft' }), { status: 'Accepted' });
      await assert.rejects(central.call('UnlockConnector', { connectorId: 1 }));
      await shows('called', 'Reset {"type":"Soft"}');
      await harness.restart();
      await until(
        () => debug('answer').filter(({ payload }) => payload === booted).length === 2,
        'the boot after the restart',
      );
      assert.deepEqual(debug('problem'), []);
    });
  });
