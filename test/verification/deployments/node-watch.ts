import type { Node, NodeMessage, NodeStatus } from 'node-red';

/** The end of an input; `error` is undefined after success. */
export interface Ending {
  readonly node: string;
  readonly error: unknown;
}

/** Records the end of each input, and the calls of closed nodes. */
export class NodeWatch {
  /** By message ID. */
  readonly endings = new Map<string, Ending[]>();
  /** Calls of closed nodes, one sentence each. */
  readonly strays: string[] = [];
  /** The last status of each node, by node ID. */
  readonly statuses = new Map<string, NodeStatus>();

  /** Call with each node before its construction. */
  created(node: Node): void {
    let isClosed = false;
    // Node-RED hands the error of an input to a Catch node, even of a closed node.
    let isEnding = false;
    const close = node.close.bind(node);
    node.close = async (removed?: boolean) => {
      await close(removed === true);
      isClosed = true;
    };
    // Node-RED sets `send` of each node in its constructor.
    let send: unknown;
    const watchedSend = (sent: unknown) => {
      if (isClosed && !isAnswer(sent)) this.strays.push(`${node.type} ${node.id}: send`);
      if (typeof send === 'function') Reflect.apply(send, node, [sent]);
    };
    Object.defineProperty(node, 'send', {
      get: () => watchedSend,
      set: (set: unknown) => void (send = set),
    });
    for (const method of ['status', 'warn', 'error'] as const) {
      const inherited: unknown = Reflect.get(node, method);
      Reflect.set(node, method, (...args: unknown[]) => {
        if (method === 'status') this.#show(node.id, args[0]);
        if (isClosed && !isEnding) this.strays.push(`${node.type} ${node.id}: ${method}`);
        if (typeof inherited === 'function') Reflect.apply(inherited, node, args);
      });
    }
    const complete: unknown = Reflect.get(node, '_complete');
    Reflect.set(node, '_complete', (msg: NodeMessage, error: unknown) => {
      const id = String(msg._msgid);
      this.endings.set(id, [...(this.endings.get(id) ?? []), { node: node.id, error }]);
      isEnding = true;
      if (typeof complete === 'function') Reflect.apply(complete, node, [msg, error]);
      isEnding = false;
    });
  }

  #show(id: string, status: unknown): void {
    if (typeof status === 'object' && status) this.statuses.set(id, status);
  }
}

/** Whether a node sends an answer to an input, which may end after its node: Node-RED gives other messages their ID later. */
function isAnswer(sent: unknown): boolean {
  const [first] = [sent].flat(2).filter(Boolean);
  return typeof first === 'object' && first !== null && '_msgid' in first;
}
