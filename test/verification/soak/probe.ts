import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LinkId } from '../../../driver/at/types';
import { seededRandom, type Random } from '../../../simulator';
import { heap } from '../../../bench/support/heap';
import { drawForm, drawLength, payloadOf, seal, sealedIn, unseal } from './messages/message';
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
}

interface Hooks {
  add(name: string, handler: (event: unknown) => void): void;
}

/** A message of the flow with the property that identifies its inputs. */
interface Marked {
  readonly payload?: unknown;
  readonly soak?: unknown;
  readonly linkId?: unknown;
  readonly event?: unknown;
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
    hooks.add('onSend.soak', (event) => {
      if (Array.isArray(event)) for (const each of event) this.#sent(each);
    });
  }

  #seal(link: LinkId, length = drawLength(this.#random)): { number: number; text: string } {
    const number = ++this.#made;
    this.#report({ kind: 'made', number, link, at: Date.now() });
    return { number, text: seal({ way: 'out', link, number }, length, this.#random) };
  }

  #mark(number: number): object {
    return { soak: { input: `${number}`, number } };
  }

  #received(event: unknown): void {
    const { msg, destination } = objectOf(event);
    const node = nodeOf(objectOf(destination).node);
    if (!node || !watchedTypes.has(node.type)) return;
    // A deploy has stopped the node before: Node-RED drops the message.
    if (!isListening(node)) return;
    this.#anyNode = node;
    const { input, number } = objectOf(objectOf(msg).soak);
    if (typeof input !== 'string') return;
    const report = { kind: 'input', input, at: Date.now() } as const;
    this.#report(typeof number === 'number' ? { ...report, number } : report);
  }

  #completed(event: unknown): void {
    const { msg, node, error } = objectOf(event);
    const completed = nodeOf(objectOf(node).node);
    if (!completed || !watchedTypes.has(completed.type)) return;
    const { input } = objectOf(objectOf(msg).soak);
    if (typeof input !== 'string') return;
    const { code } = objectOf(error);
    const ended = { kind: 'ended', input, at: Date.now() } as const;
    if (error === undefined || error === null) this.#report(ended);
    else
      this.#report({
        ...ended,
        code: typeof code === 'string' ? code : `no code: ${inspect(error)}`,
      });
  }

  #sent(event: unknown): void {
    const { msg, source } = objectOf(event);
    const { node, port } = objectOf(source);
    const { type } = nodeOf(node) ?? {};
    const message: Marked = objectOf(msg);
    if (type === 'ws-open' && port === 0) this.#arrived(message);
    else if (type === 'ws-open' || type === 'ws-status') this.#event(message);
    else if (type === 'ws-request' && port === 0) {
      const { number } = objectOf(message.soak);
      const answered = unseal(sealedIn(message.payload) ?? '')?.number;
      if (typeof number === 'number') this.#report({ kind: 'reply', asked: number, answered });
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
    const flow = objectOf(objectOf(this.#anyNode)._flow);
    const node = typeof flow.getNode === 'function' ? callGetNode(flow, 'device') : undefined;
    try {
      const { device, links } = objectOf(objectOf(node).host);
      const emitters: unknown[] = Array.isArray(links) ? links : [];
      return emitters.reduce<number>(
        (sum, link) => sum + countListeners(link),
        countListeners(device),
      );
    } catch {
      return 0; // The device is being stopped.
    }
  }
}

/** Finds Node-RED's own hooks. @param nodeRed a file of its package */
export function hooksOf(nodeRed: string): Hooks {
  const util: unknown = createRequire(nodeRed)('@node-red/util');
  const { hooks } = objectOf(util);
  if (!isHooks(hooks)) throw new Error('this Node-RED has no hooks');
  return hooks;
}

function callGetNode(flow: Record<string, unknown>, id: string): unknown {
  const { getNode } = flow;
  return typeof getNode === 'function' ? Reflect.apply(getNode, flow, [id]) : undefined;
}

function countListeners(emitter: unknown): number {
  if (!isEmitter(emitter)) return 0;
  return emitter.eventNames().reduce((sum: number, name) => sum + emitter.listenerCount(name), 0);
}

function isEmitter(value: unknown): value is NodeJS.EventEmitter {
  return typeof value === 'object' && value !== null && 'eventNames' in value;
}

function isHooks(value: unknown): value is Hooks {
  return typeof value === 'object' && value !== null && 'add' in value;
}

function isOrder(value: unknown): value is Order {
  return objectOf(value).kind === 'traffic';
}

function isLink(value: unknown): value is LinkId {
  return value === 0 || value === 1 || value === 2;
}

/** Whether a node takes inputs: Node-RED removes its callbacks when it stops. */
function isListening(node: object): boolean {
  const { _inputCallback, _inputCallbacks } = objectOf(node);
  return Boolean(_inputCallback) || Boolean(_inputCallbacks);
}

function nodeOf(value: unknown): FlowNode | undefined {
  return isFlowNode(value) ? value : undefined;
}

function isFlowNode(value: unknown): value is FlowNode {
  return typeof value === 'object' && value !== null && 'id' in value && 'type' in value;
}

function objectOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
