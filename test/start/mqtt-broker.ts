import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { Aedes } from 'aedes';
import mqtt, { type MqttClient } from 'mqtt';
import { portOf } from '../harness/network/port-of';
import type { Json } from '../package/project';
import { until } from '../harness/until';

/** An MQTT broker on 127.0.0.1, and a client that hears everything. */
export class MqttBroker {
  readonly port: number;
  readonly #aedes: Aedes;
  readonly #server: Server;
  readonly #client: MqttClient;
  /** What arrived live, by topic. */
  readonly #heard = new Map<string, Buffer[]>();

  private constructor(aedes: Aedes, server: Server, port: number, client: MqttClient) {
    this.#aedes = aedes;
    this.#server = server;
    this.port = port;
    this.#client = client;
    client.on('message', (topic, payload) => {
      this.#heard.set(topic, [...this.heard(topic), payload]);
    });
  }

  static async start(): Promise<MqttBroker> {
    const aedes = await Aedes.createBroker();
    const server = createServer((socket) => void aedes.handle(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = portOf(server);
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`);
    const broker = new MqttBroker(aedes, server, port, client);
    await client.subscribeAsync('#');
    return broker;
  }

  async publish(topic: string, payload: string | Buffer, retain = false): Promise<void> {
    await this.#client.publishAsync(topic, payload, { qos: 1, retain });
  }

  /** The payloads that arrived on a topic. */
  heard(topic: string): readonly Buffer[] {
    return this.#heard.get(topic) ?? [];
  }

  /** What a client that subscribes only now gets: the retained messages, by topic. */
  async retained(filter: string, count: number): Promise<ReadonlyMap<string, string>> {
    const late = await mqtt.connectAsync(`mqtt://127.0.0.1:${this.port}`);
    const kept = new Map<string, string>();
    late.on('message', (topic, payload, { retain }) => {
      if (retain) kept.set(topic, payload.toString());
    });
    await late.subscribeAsync(filter);
    await until(() => kept.size >= count, `${count} retained messages`);
    await late.endAsync();
    return kept;
  }

  /** The flow with its brokers' ports leading here. */
  in(flow: readonly Json[]): readonly Json[] {
    const port = String(this.port);
    return flow.map((node) => (node.type === 'mqtt-broker' ? { ...node, port } : node));
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
    await new Promise<void>((resolve) => this.#aedes.close(resolve));
    this.#server.close();
  }
}
