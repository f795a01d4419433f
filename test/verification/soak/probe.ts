import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LinkId } from '../../../driver/at/types';
import { seededRandom, type Random } from '../../../simulator';
import { heap } from '../../../bench/support/heap';
import { drawForm, drawLength, payloadOf, seal, sealedIn, unseal } from './messages/message';
import { field } from '../../harness/nodes/messages';
import type { Order, Report } from './reports';

const REPORT_INTERVAL_MS = 200;
/** A garbage collection for a sample takes about 50 ms. */
const SAMPLE_INTERVAL_MS = 10_000;

/** Types of nodes whose inputs the probe reports. */
const watchedTypes = new Set(['ws-open', 'ws-send', 'ws-request', 'ws-close', 'ws-status']);
/** A report of unknown bytes holds this many of them. */
const MAX_HEAD_BYTES = 60;

interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly _flow?: { getNode(id: string): unknown };
  /** Its callbacks for inputs, which Node-RED removes when it stops. */
  readonly _inputCallback?: unknown;
  readonly _inputCallbacks?: unknown;
}

/** A message of the flow with the property that identifies its inputs. */
interface Marked {
  readonly payload?: unknown;
  readonly soak?: { readonly input?: string; readonly number?: number };
  readonly linkId?: unknown;
  readonly event?: unknown;
}

interface NodePort {
  readonly node?: FlowNode;
  readonly port?: number;
}

/** What Node-RED hands to a hook. */
interface HookEvent {
  readonly msg?: Marked;
  readonly error?: unknown;
  /** Of `onReceive`, `onComplete` and `onSend`. */
  readonly destination?: NodePort;
  readonly node?: NodePort;
  readonly source?: NodePort;
}

interface Hooks {
  add(name: 'onSend.soak', handler: (events: readonly HookEvent[]) => void): void;
  add(name: 'onReceive.soak' | 'onComplete.soak', handler: (event: HookEvent) => void): void;
}

/**
 * Watches the nodes of this Node-RED by hooks in its settings file, and makes the messages that its flows send. Deploys do not
 * affect it.
 */
export class Probe {
  readonly #random: Random;
  readonly #reports: Report[] = [];
  readonly #delays = monitorEventLoopDelay({ resolution: 10 });
  #makes = true;
  #stalls = true;
  #made = 0;
  #inputs = 0;
  /** A node of the running flows, which leads to the configuration node. */
  #anyNode: FlowNode | undefined;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#delays.enable();
    setInterval(() => this.#flush(), REPORT_INTERVAL_MS).unref();
    setInterval(() => this.#sample(), SAMPLE_INTERVAL_MS).unref();
    process.on('message', (message: unknown) => {
      if (!isOrder(message)) return;
      this.#makes = message.messages;
      this.#stalls = message.stalls;
    });
    // The parent process has ended.
    process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  }

  /** For function nodes: a message for a link; null while there is no traffic. */
  message(link: LinkId): object | null {
    if (!this.#makes) return null;
    const { number, text } = this.#seal(link);
    const form = drawForm(this.#random);
    // An object is sent as JSON.
    const payload = form === 'json' ? { soak: text } : payloadOf(text, form);
    return { ...this.#mark(number), payload };
  }

  /** For function nodes: a request for a link. */
  request(link: LinkId): object | null {
    if (!this.#makes) return null;
    const { number, text } = this.#seal(link, 100);
    return { ...this.#mark(number), payload: { method: 'echo', soak: text } };
  }

  /** For function nodes: an input that sends nothing. */
  input(properties: object): object | null {
    return this.#makes ? { ...properties, soak: { input: `#${this.#inputs++}` } } : null;
  }

  /** For function nodes: milliseconds for which to block the event loop. */
  stallMs(): number {
    if (!this.#stalls) return 0;
    return 100 + Math.round(2900 * this.#random() ** 2);
  }

  /** Adds the hooks. */
  watch(hooks: Hooks): void {
    hooks.add('onReceive.soak', (event) => this.#received(event));
    hooks.add('onComplete.soak', (event) => this.#completed(event));
    hooks.add('onSend.soak', (events) => events.forEach((event) => this.#sent(event)));
  }

  #seal(link: LinkId, length = drawLength(this.#random)): { number: number; text: string } {
    const number = ++this.#made;
    this.#report({ kind: 'made', number, link, at: Date.now() });
    return { number, text: seal({ way: 'out', link, number }, length, this.#random) };
  }

  #mark(number: number): object {
    return { soak: { input: `${number}`, number } };
  }

  #received({ msg, destination: { node } = {} }: HookEvent): void {
    if (!node || !watchedTypes.has(node.type)) return;
    // A deploy has stopped the node before: Node-RED drops the message.
    if (!node._inputCallback && !node._inputCallbacks) return;
    this.#anyNode = node;
    const { input, number } = msg?.soak ?? {};
    if (input === undefined) return;
    const report = { kind: 'input', input, at: Date.now() } as const;
    this.#report(number === undefined ? report : { ...report, number });
  }

  #completed({ msg, node: { node } = {}, error }: HookEvent): void {
    const { input } = msg?.soak ?? {};
    if (!node || !watchedTypes.has(node.type) || input === undefined) return;
    const ended = { kind: 'ended', input, at: Date.now() } as const;
    const code = field(error, 'code');
    if (error === undefined || error === null) this.#report(ended);
    else
      this.#report({
        ...ended,
        code: typeof code === 'string' ? code : `no code: ${inspect(error)}`,
      });
  }

  #sent({ msg = {}, source: { node, port } = {} }: HookEvent): void {
    const { type } = node ?? {};
    if (type === 'ws-open' && port === 0) this.#arrived(msg);
    else if (type === 'ws-open' || type === 'ws-status') this.#event(msg);
    else if (type === 'ws-request' && port === 0) {
      const { number } = msg.soak ?? {};
      const answered = unseal(sealedIn(msg.payload) ?? '')?.number;
      if (number !== undefined) this.#report({ kind: 'reply', asked: number, answered });
    }
  }

  #arrived({ payload, linkId }: Marked): void {
    if (!isLink(linkId)) return;
    const identity = unseal(sealedIn(payload) ?? '');
    // The reply to a request that has timed out.
    if (identity?.way === 'out') return;
    const isIts = identity?.way === 'in' && identity.link === linkId;
    const text = Buffer.isBuffer(payload) ? payload.toString('latin1') : JSON.stringify(payload);
    this.#report({
      kind: 'received',
      link: linkId,
      at: Date.now(),
      number: isIts ? identity.number : undefined,
      head: isIts ? '' : text.slice(0, MAX_HEAD_BYTES),
    });
  }

  #event({ linkId, event }: Marked): void {
    if (isLink(linkId) && typeof event === 'string')
      this.#report({ kind: 'event', link: linkId, event, at: Date.now() });
  }

  #report(report: Report): void {
    this.#reports.push(report);
  }

  #flush(): void {
    if (this.#reports.length > 0) process.send?.(this.#reports.splice(0));
  }

  #sample(): void {
    const delays = this.#delays;
    // Every value includes the resolution.
    const ms = (nanoseconds: number) => Math.max(0, Math.round(nanoseconds / 1e6) - 10);
    const delay = {
      median: ms(delays.percentile(50)),
      high: ms(delays.percentile(99)),
      longest: ms(delays.max),
    };
    const { objects, buffers } = heap();
    const { rss } = process.memoryUsage();
    const handles = process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length;
    const listeners = this.#listeners();
    this.#report({
      kind: 'sample',
      at: Date.now(),
      heap: objects,
      buffers,
      resident: rss,
      handles,
      listeners,
      delay,
    });
    // Leaves out the delay of the garbage collection.
    setImmediate(() => delays.reset());
  }

  /** Listeners on the driver's device and its links, by way of the configuration node. */
  #listeners(): number {
    const node = this.#anyNode?._flow?.getNode('device');
    try {
      const host = field(node, 'host');
      const links = field(host, 'links');
      const emitters: unknown[] = Array.isArray(links) ? links : [];
      return emitters.reduce<number>(
        (sum, link) => sum + countListeners(link),
        countListeners(field(host, 'device')),
      );
    } catch {
      return 0; // The device is being stopped.
    }
  }
}

/** Finds Node-RED's own hooks. @param nodeRed a file of its package */
export function hooksOf(nodeRed: string): Hooks {
  const { hooks } = createRequire(nodeRed)('@node-red/util') as { readonly hooks?: Hooks };
  if (!hooks) throw new Error('this Node-RED has no hooks');
  return hooks;
}

function countListeners(emitter: unknown): number {
  if (!(emitter instanceof EventEmitter)) return 0;
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}

function isOrder(value: unknown): value is Order {
  return field(value, 'kind') === 'traffic';
}

function isLink(value: unknown): value is LinkId {
  return value === 0 || value === 1 || value === 2;
}
