import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Demo } from './demo';
import { flowOf } from './example';
import { MqttBroker } from './mqtt-broker';
import { until } from '../harness/until';

describe('the example "WebSocket ↔ MQTT bridge" with a broker', () => {
  let broker: MqttBroker;
  let demo: Demo;
  const state = () => broker.heard('esp-at/bridge/state').map(String);
  before(async () => {
    broker = await MqttBroker.start();
    // Retained before the bridge comes: it must not reach the server.
    await broker.publish('esp-at/bridge/send', 'old command', true);
    demo = await Demo.start({ flows: broker.in(flowOf('WebSocket and MQTT')) });
  });
  after(async () => {
    // First the broker: if the demo did not start, the next line throws.
    await broker.close();
    await demo.dispose();
  });

  it('publishes the state of the link, retained', async () => {
    await until(() => state().at(-1) === 'established', 'the state established');
    const kept = await broker.retained('esp-at/bridge/state', 1);
    assert.equal(kept.get('esp-at/bridge/state'), 'established');
  });

  it('passes text and bytes on in both directions, and no retained command', async () => {
    const bytes = Buffer.from([0, 255, 254, 128, 10]);
    await broker.publish('esp-at/bridge/send', 'Grüße');
    await broker.publish('esp-at/bridge/send', bytes);
    const received = () => broker.heard('esp-at/bridge/received');
    await until(() => received().length >= 2, 'both echoes');
    assert.deepEqual(received(), [Buffer.from('Grüße'), bytes]);
  });

  it('a kill of the bridge: the broker publishes "offline", retained', async () => {
    await demo.end('SIGKILL');
    await until(() => state().at(-1) === 'offline', 'the last will');
    const kept = await broker.retained('esp-at/bridge/state', 1);
    assert.equal(kept.get('esp-at/bridge/state'), 'offline');
  });
});
