import type { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A node of a running flow. */
export interface FlowNode {
  /** Gives it a message. */
  receive(msg: object): void;
  on(event: 'input', take: (msg: object, send: unknown, done: () => void) => void): void;
}

/** The part of Node-RED that this file uses. */
interface NodeRed {
  init(server: unknown, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly events: EventEmitter;
  readonly nodes: {
    registerType(set: string, type: string, constructor: (this: object, def: object) => void): void;
    createNode(node: object, def: object): void;
    getNode(id: string): FlowNode | null | undefined;
  };
}

/** A Node-RED without an editor, with the compiled nodes of this package. */
export class NodeRedRuntime {
  readonly #red = nodeRed();
  readonly #folder = mkdtempSync(join(tmpdir(), 'bench-'));

  /** Starts a flow; settles when it runs. Nodes of type `bench-sink` drop their messages. */
  async start(flow: readonly object[]): Promise<void> {
    const red = this.#red;
    writeFileSync(join(this.#folder, 'flows.json'), JSON.stringify(flow));
    red.init(createServer(), {
      userDir: this.#folder,
      flowFile: 'flows.json',
      credentialSecret: 'bench',
      nodesDir: resolve(__dirname, '..', '..', '..'),
      httpAdminRoot: false,
      httpNodeRoot: false,
      telemetry: { enabled: false, updateNotification: false },
      logging: { console: { level: 'error', metrics: false, audit: false } },
    });
    const running = new Promise<void>((settle) => {
      red.events.once('flows:started', () => settle());
    });
    red.nodes.registerType('bench/sink', 'bench-sink', function (def) {
      red.nodes.createNode(this, def);
    });
    await red.start();
    await running;
  }

  node(id: string): FlowNode {
    const node = this.#red.nodes.getNode(id);
    if (!node) throw new Error(`there is no node ${id}`);
    return node;
  }

  async stop(): Promise<void> {
    await this.#red.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function nodeRed(): NodeRed {
  const loaded: unknown = createRequire(__filename)('node-red');
  if (!isNodeRed(loaded)) throw new Error('the package node-red has no runtime');
  return loaded;
}

function isNodeRed(value: unknown): value is NodeRed {
  return typeof value === 'object' && value !== null && 'nodes' in value && 'events' in value;
}
