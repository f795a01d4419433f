import { executeOrders } from '../child';
import { NodeRedRuntime } from './node-red-runtime';

/** An order of the parent process. */
export type FlowOrder =
  | { readonly kind: 'begin'; readonly flow: readonly object[] }
  /** Gives a node a message. */
  | { readonly kind: 'give'; readonly node: string; readonly msg: object }
  /** Drops the received messages, and answers after `count` further ones. */
  | { readonly kind: 'receive'; readonly count: number }
  /** Sends `count` messages, `waiting` at a time, and answers after the last. */
  | {
      readonly kind: 'send';
      readonly count: number;
      readonly payload: string;
      readonly waiting: number;
    }
  /** Answers with the messages since the last `receive`. */
  | { readonly kind: 'received' }
  | { readonly kind: 'end' };

export interface FlowAnswer {
  readonly milliseconds: number;
  /** Processor time of the whole process, in microseconds. */
  readonly cpu: number;
  /** Of `received`: the count of messages. */
  readonly received: number;
  /** Of `received`: the first payloads. */
  readonly payloads: readonly Payload[];
}

/** A payload as text, or its bytes in hexadecimal. */
export type Payload = { readonly text: string } | { readonly hex: string };

const MAX_KEPT_PAYLOADS = 100;

/** A Node-RED in its own process, whose processor time is that of the flow. */
class NodeRedProcess {
  readonly #runtime = new NodeRedRuntime();
  readonly #received = new Counter();
  readonly #sent = new Counter();
  #payloads: Payload[] = [];

  async execute(order: FlowOrder): Promise<FlowAnswer> {
    const before = performance.now();
    const cpuBefore = process.cpuUsage();
    await this.#do(order);
    const { user, system } = process.cpuUsage(cpuBefore);
    return {
      milliseconds: performance.now() - before,
      cpu: user + system,
      received: this.#received.counted,
      payloads: order.kind === 'received' ? this.#payloads : [],
    };
  }

  #do(order: FlowOrder): Promise<void> | void {
    switch (order.kind) {
      case 'begin':
        return this.#begin(order.flow);
      case 'give':
        return this.#runtime.node(order.node).receive(order.msg);
      case 'receive':
        this.#payloads = [];
        return this.#received.reach(order.count);
      case 'send':
        return this.#send(order.count, order.payload, order.waiting);
      case 'received':
        return;
      case 'end':
        return this.#runtime.stop();
    }
  }

  async #begin(flow: readonly object[]): Promise<void> {
    await this.#runtime.start(flow);
    this.#runtime.node('received').on('input', (msg, _send, done) => {
      if (this.#payloads.length < MAX_KEPT_PAYLOADS) this.#payloads.push(payloadOf(msg));
      this.#received.count();
      done();
    });
    this.#runtime.node('sent').on('input', (_msg, _send, done) => {
      this.#sent.count();
      done();
    });
  }

  #send(count: number, payload: string, waiting: number): Promise<void> {
    const node = this.#runtime.node('send');
    let begun = 0;
    const next = () => {
      if (begun < count) node.receive({ _msgid: String(begun++), payload });
    };
    const all = this.#sent.reach(count, next);
    for (let index = 0; index < waiting; index++) next();
    return all;
  }
}

/** Counts up to a goal. */
class Counter {
  counted = 0;
  #goal = 0;
  #each: () => void = () => undefined;
  #reached: () => void = () => undefined;

  /** Settles after `goal` counts from now on. @param each called at all but the last */
  reach(goal: number, each: () => void = () => undefined): Promise<void> {
    this.counted = 0;
    this.#goal = goal;
    this.#each = each;
    return new Promise((resolve) => (this.#reached = resolve));
  }

  count(): void {
    if (++this.counted === this.#goal) this.#reached();
    else this.#each();
  }
}

function payloadOf(msg: object): Payload {
  const payload = 'payload' in msg ? msg.payload : undefined;
  return Buffer.isBuffer(payload) ? { hex: payload.toString('hex') } : { text: String(payload) };
}

function isOrder(value: unknown): value is FlowOrder {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

const nodeRed = new NodeRedProcess();
executeOrders(
  isOrder,
  (order) => nodeRed.execute(order),
  () => process.exit(),
);
