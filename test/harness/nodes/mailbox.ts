import type { Node, NodeMessage } from 'node-red';

/** Limit of the wait for a message, on a machine that is busy. */
const TIMEOUT_MS = 60_000;

/** The messages that reach a helper node. */
export class Mailbox {
  readonly node: Node;
  readonly waiting: NodeMessage[] = [];
  readonly #readers: ((msg: NodeMessage) => void)[] = [];

  constructor(node: Node) {
    this.node = node;
    node.on('input', (msg, _send, done) => {
      const reader = this.#readers.shift();
      if (reader) reader(msg);
      else this.waiting.push(msg);
      done();
    });
  }

  next(): Promise<NodeMessage> {
    const msg = this.waiting.shift();
    if (msg) return Promise.resolve(msg);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`no message reached ${this.node.id} within ${TIMEOUT_MS} ms`));
      }, TIMEOUT_MS);
      this.#readers.push((found) => {
        clearTimeout(timer);
        resolve(found);
      });
    });
  }
}
