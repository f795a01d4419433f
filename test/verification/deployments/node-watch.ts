import type { Node, NodeMessage, NodeStatus } from 'node-red';

/** How an input ended: with an error, or with nothing. */
export interface Ending {
  readonly node: string;
  readonly error: unknown;
}

/** What nodes do that a flow cannot see: how each input ends, and what a node does after it was closed. */
export class NodeWatch {
  /** By message ID. */
  readonly endings = new Map<string, Ending[]>();
  /** What nodes did after they had closed. */
  readonly strays: string[] = [];
  /** The last status of each node, by node ID. */
  readonly statuses = new Map<string, NodeStatus>();

  /** Watches a node that is about to be constructed. */
  created(node: Node): void {
    let isClosed = false;
    // The error of an input goes to whatever catches it, also when the node was closed meanwhile.
    let isEnding = false;
    const close = node.close.bind(node);
    node.close = async (removed?: boolean) => {
      await close(removed === true);
      isClosed = true;
    };
    for (const method of ['send', 'status', 'warn', 'error'] as const) {
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
