import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { afterEach, describe } from 'node:test';
import type { Node, NodeAPI, NodeMessage, NodeStatus } from 'node-red';
import { NodeTestHelper } from 'node-red-node-test-helper';
import { systemClock } from '../../../driver/clock';
import espAtLive from '../../../nodes/esp-at-live';
import { espAtDevice } from '../../../nodes/esp-at-device';
import type { MakeDevice } from '../../../nodes/shared/device/make-device';
import type { WordedStatus } from '../../../nodes/shared/status/status-texts';
import wsClose from '../../../nodes/ws-close';
import wsOpen from '../../../nodes/ws-open';
import wsRequest from '../../../nodes/ws-request';
import wsSend from '../../../nodes/ws-send';
import wsStatus from '../../../nodes/ws-status';
import type { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { SharedClock } from '../shared-clock';
import { replyOf, type Reply } from '../editor/admin-reply';
import { placed } from './flows';
import { callsOf } from './calls';
import { Mailbox } from './mailbox';
import { watchedApi } from './watched-api';
import { field } from './messages';

/** Virtual time passes in these steps during a wait. */
const VIRTUAL_STEP_MS = 20;
/** Limit of a wait in virtual time. */
const VIRTUAL_TIMEOUT_MS = 60_000;

const runtimes = [
  { name: 'Node-RED 4.1', major: 4, path: require.resolve('node-red') },
  { name: 'Node-RED 5.0', major: 5, path: require.resolve('node-red-5') },
] as const;

/** Defines the same tests for each Node-RED that is supported. The flow is unloaded after each. */
export function onEachRuntime(
  title: string,
  define: (nodeRed: NodeRed, major: 4 | 5) => void,
): void {
  for (const { name, major, path } of runtimes) {
    describe(`${title}, ${name}`, () => {
      const nodeRed = new NodeRed(path);
      afterEach(() => nodeRed.unload());
      define(nodeRed, major);
    });
  }
}

type Credentials = Readonly<Record<string, object>>;

/** A status as a Status node gets it. */
export type DetailedStatus = NodeStatus & Omit<WordedStatus, 'words'>;

/** A Node-RED runtime without an editor, for one flow at a time. */
export class NodeRed {
  readonly #helper = new NodeTestHelper();
  readonly #require: NodeJS.Require;
  readonly #boxes = new Map<string, Mailbox>();
  #flow: readonly object[] = [];
  #loaded = false;
  #clock: VirtualClock | undefined;
  #nodesClock: SharedClock | undefined;
  /** Files of Node-RED's own nodes that flows use, such as `function/15-change`. */
  coreNodes: readonly string[] = [];
  /** Called with each node of this package before its construction. */
  onNode: ((node: Node) => void) | undefined;

  constructor(runtimePath: string) {
    this.#helper.init(runtimePath);
    this.#require = createRequire(runtimePath);
  }

  /** Sets settings of the runtime for the next `load`. */
  settings(settings: object): void {
    this.#helper.settings(settings);
  }

  /**
   * Starts a flow. Nodes of type `helper` collect their messages, see {@link next}.
   * @param make makes the device of a configuration node
   * @param translate replaces the runtime's catalogs; default: returns the keys
   * @param clock advances during waits; default: the machine's own
   */
  async load(
    make: MakeDevice,
    flow: readonly object[],
    credentials: Credentials = {},
    translate?: NodeAPI['_'],
    clock?: VirtualClock,
  ): Promise<void> {
    this.#clock = clock;
    this.#nodesClock = clock && new SharedClock(clock);
    const nodes = [
      espAtDevice(make, this.#nodesClock ?? systemClock),
      wsOpen,
      wsSend,
      wsRequest,
      wsClose,
      wsStatus,
      espAtLive,
    ];
    const translated = nodes.map((node) => (RED: NodeAPI) => {
      const api = translate ? Object.assign(RED, { _: translate }) : RED;
      node(watchedApi(api, (made) => this.onNode?.(made)));
    });
    this.#flow = flow;
    const core = this.coreNodes.map((file) => this.#coreNode(file));
    await this.#helper.load([...translated, ...core], placed(flow), credentials);
    this.#loaded = true;
    this.#collect(flow);
  }

  /** Deploys a changed flow. */
  async deploy(
    flow: readonly object[],
    type: 'full' | 'flows' | 'nodes',
    credentials: Credentials = {},
  ): Promise<void> {
    const set = this.#helper._redNodes
      .setFlows(placed(flow), credentials, type)
      .then(() => once(this.#helper._events, 'flows:started'));
    await this.#deployed(set);
    this.#collect(flow);
  }

  /** Restarts the deployed flow. */
  async restart(): Promise<void> {
    const restarted = once(this.#helper._events, 'flows:started');
    // As the editor's "Restart Flows" does. The flow is that of `load`.
    void this.#helper._redNodes.loadFlows(true);
    await this.#deployed(restarted);
    this.#collect(this.#flow);
  }

  async unload(): Promise<void> {
    if (!this.#loaded) return;
    this.#loaded = false;
    this.#boxes.clear();
    await this.#deployed(this.#helper.unload());
  }

  /** Count of the nodes' pending timers. */
  get timers(): number {
    assert.ok(this.#nodesClock, 'the nodes use the clock of the machine');
    return this.#nodesClock.pending;
  }

  node(id: string): Node {
    const node = this.#helper.getNode(id);
    assert.ok(node, `there is no node ${id}`);
    return node;
  }

  /** A node; undefined if the flow does not have it. */
  find(id: string): Node | undefined {
    return this.#helper.getNode(id) ?? undefined;
  }

  /** Gives a message to a node. */
  give(id: string, msg: NodeMessage = {}): void {
    this.node(id).receive(msg);
  }

  /** Gives a message to a node; takes the next one from a helper node. */
  ask(id: string, msg: NodeMessage, helper: string): Promise<NodeMessage> {
    this.give(id, msg);
    return this.next(helper);
  }

  /** The next message that reaches a helper node. */
  next(id: string): Promise<NodeMessage> {
    return this.#passing(this.#box(id).next());
  }

  /** The next messages that reach a helper node. */
  async take(id: string, count: number): Promise<NodeMessage[]> {
    const taken: NodeMessage[] = [];
    while (taken.length < count) taken.push(await this.next(id));
    return taken;
  }

  /** Takes messages of a helper node until one has this event. */
  async event(id: string, name: string): Promise<NodeMessage> {
    for (;;) {
      const msg = await this.next(id);
      if (field(msg, 'event') === name) return msg;
    }
  }

  /** Messages at a helper node that `next` has not returned. */
  waiting(id: string): readonly NodeMessage[] {
    return this.#box(id).waiting;
  }

  /** All statuses that a node has shown on the canvas, oldest first. */
  statuses(id: string): NodeStatus[] {
    return this.detailedStatuses(id).map(({ fill, shape, text }) => ({
      ...(fill && { fill }),
      ...(shape && { shape }),
      ...(text !== undefined && { text }),
    }));
  }

  /** The latest status of a node, as `green dot example.org`. */
  shown(id: string): string {
    const { fill, shape, text } = this.statuses(id).at(-1) ?? {};
    return `${fill} ${shape} ${text}`;
  }

  /** The statuses with the details for Status nodes. */
  detailedStatuses(id: string): DetailedStatus[] {
    return callsOf(this.node(id), 'status').map((value) => value as DetailedStatus);
  }

  /** A node's log entries, as text. */
  logged(id: string, level: 'log' | 'warn' | 'error' | 'debug'): string[] {
    return callsOf(this.node(id), level).map(String);
  }

  /** `GET` of the admin API. */
  async get(path: string): Promise<Reply> {
    return replyOf(await this.#helper.request().get(path));
  }

  /** `POST` of JSON to the admin API. */
  async post(path: string, body: object): Promise<Reply> {
    return replyOf(await this.#helper.request().post(path).send(body));
  }

  #coreNode(file: string): (RED: NodeAPI) => void {
    const define: unknown = this.#require(`@node-red/nodes/core/${file}.js`);
    assert.ok(typeof define === 'function', file);
    return (RED) => void Reflect.apply(define, undefined, [RED]);
  }

  /** Lets virtual time pass until a promise settles that depends on virtual time alone. */
  async #passing<T>(promise: Promise<T>): Promise<T> {
    const clock = this.#clock;
    const wait = waitFor(promise);
    const limit = (clock?.now() ?? 0) + VIRTUAL_TIMEOUT_MS;
    while (clock && !wait.over) {
      assert.ok(
        clock.now() < limit,
        `the promise did not settle within ${VIRTUAL_TIMEOUT_MS} ms of virtual time`,
      );
      await clock.advance(VIRTUAL_STEP_MS);
    }
    return promise;
  }

  /** Lets virtual time pass slowly until a promise settles that also depends on files of the runtime. */
  async #deployed(promise: Promise<unknown>): Promise<void> {
    const clock = this.#clock;
    const wait = waitFor(promise);
    while (clock && !wait.over) {
      await clock.advance(VIRTUAL_STEP_MS);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await promise;
  }

  #box(id: string): Mailbox {
    const box = this.#boxes.get(id);
    assert.ok(box, `${id} is not a helper node`);
    return box;
  }

  #collect(flow: readonly object[]): void {
    for (const entry of flow) {
      if (!('type' in entry && entry.type === 'helper' && 'id' in entry)) continue;
      const id = String(entry.id);
      const node = this.node(id);
      if (this.#boxes.get(id)?.node === node) continue;
      this.#boxes.set(id, new Mailbox(node));
    }
  }
}

function waitFor(promise: Promise<unknown>): { readonly over: boolean } {
  const wait = { over: false };
  const end = () => (wait.over = true);
  promise.then(end, end);
  return wait;
}
