import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { NodeMessage } from 'node-red';
import { errorCodes } from '../../../driver/errors';
import { nodeErrorCodes } from '../../../nodes/shared/errors/node-error';
import { faults } from '../../../simulator/faults';
import { drawFault, withPrerequisite } from '../../verification/faults/fault-schedule';
import { VirtualHarness } from '../../verification/faults/virtual-harness';
import { listenerCount } from '../../harness/event-log';
import { SeededRandom } from '../../harness/random';
import type { WsConnection } from '../../harness/network/ws-server';
import { wholeFlow } from '../../harness/nodes/flows';
import { codeOf, sentenceOf } from '../../harness/nodes/messages';
import { onEachRuntime, type NodeRed } from '../../harness/nodes/node-red';

/** Random runs on each Node-RED, and steps of each. */
const RUNS = 12;
const STEPS = 60;
const classes = ['A', 'B', 'C', 'D'] as const;
const users = ['open', 'send', 'close', 'status'] as const;
/** Milliseconds between one step and the next. */
const pauses = [0, 0, 1, 5, 30, 200, 1000, 4000] as const;
/** After this time every link works again, and every hold and retry is over. */
const RECOVERY_MS = 200_000;
const secrets = { authorization: 'Bearer s3cret-auth', header: 's3cret-head', uri: 's3cret-uri' };
/** What the driver pads a pending prompt with. */
const PADDING = /^(?:[\r\n]|AT\+[A-Z]+\?\r\n)*$/;
const DELIMITER = '\u001e';

/** Faults that corrupt no bytes, so that the test can compare what arrives. */
const harmless = faults
  .filter(({ name, group }) => group !== 'line' && name !== 'boot-noise' && name !== 'stray')
  .map(({ name }) => name);

/** Gives a flow valid and invalid messages, and deploys it again and again, while random faults happen to its device. */
class RandomRun {
  readonly problems: string[] = [];
  readonly #nodeRed: NodeRed;
  readonly #harness: VirtualHarness;
  readonly #random: SeededRandom;
  readonly #settings: Record<string, object>;
  /** Inputs by name: their node, and the bytes that the server should get. */
  readonly #given = new Map<string, { readonly node: string; readonly bytes?: Buffer }>();
  /** How often each input reached the server. */
  readonly #arrived = new Map<string, number>();
  /** Texts that the server sent, and how often the flow got them. */
  readonly #served = new Map<string, number>();
  readonly #parts = new Map<WsConnection, Buffer[]>();
  /** Texts that may not hold a secret: log entries, sentences, messages. */
  readonly #shown = new Set<string>();
  /** Nodes that are not in the flow now. */
  readonly #absent = new Set<string>();

  constructor(nodeRed: NodeRed, seed: number) {
    this.#nodeRed = nodeRed;
    this.#random = new SeededRandom(seed);
    const firmware = this.#random.one(classes);
    const harness = new VirtualHarness({ firmware, seed, paced: this.#random.oneIn(3) });
    this.#harness = harness;
    harness.ownListeners = listenerCount(harness.device);
    harness.ws.behavior.answersCloses = !this.#random.oneIn(4);
    harness.ws.behavior.onFrame = (connection, { opcode, fin, payload }) => {
      connection.frames.length = 0;
      if (opcode > 2) return;
      const parts = opcode === 0 ? (this.#parts.get(connection) ?? []) : [];
      this.#parts.set(connection, [...parts, payload]);
      if (fin) this.#arrive(Buffer.concat([...parts, payload]));
    };
    this.#settings = {
      device: {
        headers: firmware === 'A' ? [] : [{ name: 'X-Key', secret: true, slot: 0 }],
      },
      open: {
        uri: `ws://user:${secrets.uri}@server/{{linkId}}`,
        keepOpen: true,
        output: 'string',
        joining: 'delimiter',
        delimiter: DELIMITER,
      },
      send: this.#random.oneIn(2)
        ? { whenAway: 'hold', holdSeconds: '10', holdMessages: '20' }
        : {},
      status: { poll: '7' },
    };
  }

  async run(): Promise<void> {
    const { clock, device, faults: injected } = this.#harness;
    await this.#nodeRed.load(() => device, this.#flow(), this.#credentials(), undefined, clock);
    for (const linkId of [0, 1, 2]) this.#give('open', { linkId });
    for (let index = 0; index < STEPS; index++) {
      await this.#step();
      await clock.advance(this.#random.one(pauses));
    }
    injected.clear();
    injected.port?.plugIn();
    this.#absent.clear();
    await this.#deploy();
    await clock.advance(RECOVERY_MS);
    await this.#checkLinks();
    this.#keepLog();
    this.#checkOutcomes();
    this.#checkReceived();
    await this.#nodeRed.unload();
    if (this.#nodeRed.timers > 0) this.problems.push('timers of nodes are left');
    this.problems.push(...(await this.#harness.end()));
  }

  async #step(): Promise<void> {
    const { faults: injected, ws } = this.#harness;
    const linkId = this.#random.one([0, 1, 2, 0, 1, 2, 0, 1, 2, 'x']);
    const connection = this.#random.one(ws.connections.filter(({ open }) => open));
    switch (this.#random.below(14)) {
      case 0:
      case 1: {
        const uri = this.#random.one(['http://x', 'ws://server/401', 5]);
        this.#give('open', { linkId, ...(this.#random.oneIn(3) && { uri }) });
        break;
      }
      case 2:
        this.#give('close', { linkId, ...(this.#random.oneIn(4) && { code: 1005 }) });
        break;
      case 3:
        this.#give('status', this.#random.oneIn(2) ? { linkId } : {});
        break;
      case 4:
      case 5:
        if (connection) this.#serve(connection);
        break;
      case 6:
        if (this.#random.oneIn(2)) connection?.drop();
        else connection?.close();
        break;
      case 7:
      case 8:
        for (const order of withPrerequisite(drawFault(this.#random.random, harmless))) {
          if (order.kind === 'simulator') injected.inject(order.fault.name, order.settings);
        }
        break;
      case 9:
      case 10:
        await this.#redeploy();
        break;
      default:
        for (let count = this.#random.below(4); count >= 0; count--) this.#send(linkId);
    }
  }

  #send(linkId: unknown): void {
    const name = `<${this.#given.size}>`;
    const size = this.#random.below(this.#random.oneIn(4) ? 7000 : 80);
    const payload = this.#random.one([name + 'x'.repeat(size), Buffer.from(name), null, undefined]);
    const opcode = this.#random.oneIn(8) ? { opcode: 'none' } : {};
    const bytes = payload ? { bytes: Buffer.from(payload) } : {};
    this.#give('send', { payload, linkId, ...opcode }, bytes);
  }

  #serve(connection: WsConnection): void {
    const text = `[${this.#served.size}]${'y'.repeat(this.#random.below(3000))}`;
    this.#served.set(text, 0);
    const end = this.#harness.firmware === 'D' ? '' : DELIMITER;
    connection.send({ fin: true, opcode: 1, payload: Buffer.from(text + end) });
  }

  #give(node: string, msg: object, more: { readonly bytes?: Buffer } = {}): void {
    if (this.#absent.has(node)) return;
    const name = `<${this.#given.size}>`;
    this.#given.set(name, { node, ...more });
    this.#nodeRed.give(node, { ...msg, _msgid: name });
  }

  #arrive(bytes: Buffer): void {
    const [name = ''] = /^<\d+>/.exec(bytes.toString('latin1', 0, 20)) ?? [];
    if (!this.#given.get(name)?.bytes?.equals(bytes)) {
      // A message that broke off: its sender gets an unknown outcome.
      if (this.#given.has(name)) return;
      const text = bytes.toString('latin1');
      if (!PADDING.test(text)) this.problems.push(`not sent by the flow: ${JSON.stringify(text)}`);
      return;
    }
    this.#arrived.set(name, (this.#arrived.get(name) ?? 0) + 1);
  }

  // --- deploying -----------------------------------------------------------------------------------

  #flow(): object[] {
    const isHere = (node: object) => !('id' in node && this.#absent.has(String(node.id)));
    return wholeFlow(this.#settings).filter(isHere);
  }

  #credentials(): Record<string, object> {
    const { header, authorization } = secrets;
    return { device: { headerSecret0: header }, open: { authorization } };
  }

  async #redeploy(): Promise<void> {
    const id = this.#random.one(['device', ...users]);
    if (id !== 'device' && this.#random.oneIn(3)) {
      if (!this.#absent.delete(id)) this.#absent.add(id);
    } else {
      this.#settings[id] = { ...this.#settings[id], name: `${this.#random.random()}` };
    }
    await this.#deploy();
  }

  async #deploy(): Promise<void> {
    this.#keepLog();
    await this.#nodeRed.deploy(this.#flow(), 'nodes', this.#credentials());
  }

  /** Keeps the log of the device, which Node-RED drops with the node. */
  #keepLog(): void {
    for (const level of ['log', 'warn', 'error', 'debug'] as const)
      for (const text of this.#nodeRed.logged('device', level)) this.#shown.add(text);
  }

  // --- the results ---------------------------------------------------------------------------------

  /** All links open, pass messages and are shown as open. */
  async #checkLinks(): Promise<void> {
    const { clock } = this.#harness;
    for (const linkId of [0, 1, 2]) this.#give('close', { linkId });
    await clock.advance(30_000);
    for (const linkId of [0, 1, 2]) {
      this.#give('open', { linkId });
      await clock.advance(10_000);
      const name = `<${this.#given.size}>`;
      this.#give('send', { payload: name, linkId }, { bytes: Buffer.from(name) });
      await clock.advance(2000);
      if (this.#arrived.get(name) !== 1) this.problems.push(`link ${linkId} passes no message`);
      for (const id of users) {
        const text = this.#nodeRed.statuses(id).at(-1)?.text;
        if (text !== `${linkId}: server:80` && text !== `${linkId}: server`)
          this.problems.push(`${id} shows ${text}`);
      }
    }
  }

  #checkOutcomes(): void {
    const completed = this.#nodeRed.waiting('completed');
    const caught = this.#nodeRed.waiting('caught');
    const endings = new Map<string, NodeMessage[]>();
    for (const msg of [...completed, ...caught]) {
      const id = String(msg._msgid);
      endings.set(id, [...(endings.get(id) ?? []), msg]);
    }
    for (const [name, { node, bytes }] of this.#given) {
      const [ending, ...more] = endings.get(name) ?? [];
      if (!ending || more.length > 0)
        this.problems.push(`${name} to ${node} ended ${more.length + (ending ? 1 : 0)} times`);
      const code = ending && caught.includes(ending) ? codeOf(ending) : undefined;
      const times = this.#arrived.get(name) ?? 0;
      if (times > 1 || (times > 0 && code !== undefined && code !== 'SEND_UNKNOWN'))
        this.problems.push(`${name} (${String(code)}, ${bytes?.length}) came ${times} times`);
    }
    const known = new Set<unknown>([...errorCodes, ...nodeErrorCodes]);
    for (const msg of caught) {
      if (!known.has(codeOf(msg))) this.problems.push(`caught ${JSON.stringify(msg.error)}`);
      this.#shown.add(sentenceOf(msg));
    }
    for (const { error, uri } of this.#nodeRed.waiting('news'))
      this.#shown.add(JSON.stringify([error, uri]));
    for (const text of this.#shown)
      if (text.includes('s3cret')) this.problems.push(`a secret: ${text}`);
  }

  #checkReceived(): void {
    for (const { payload } of this.#nodeRed.waiting('in')) {
      const times = this.#served.get(String(payload));
      if (times !== 0) this.problems.push(`${String(payload).slice(0, 20)} came ${times} times`);
      this.#served.set(String(payload), 1);
    }
  }
}

onEachRuntime('random faults and deployments', (nodeRed) => {
  it('every input ends once with its true outcome, and messages pass in the end', async () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const random = new RandomRun(nodeRed, seed);
      await random.run();
      assert.deepEqual(random.problems, [], `seed ${seed}`);
    }
  });
});
