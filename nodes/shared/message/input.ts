import type { Node, NodeMessage, NodeMessageInFlow } from 'node-red';
import { toNodeError } from './node-error';
import type { Translate } from './translate';

/** Sends to the outputs, in order; `null` leaves one out. */
export type Send = (msg: NodeMessage | (NodeMessage | NodeMessage[] | null)[]) => void;

/** What a node does with a message; settles when the device has confirmed it. */
export type Handle = (msg: NodeMessageInFlow, send: Send) => Promise<void>;

/**
 * Calls `handle` for every message, and `done` exactly once for each: with nothing when the promise is
 * kept, with a {@link NodeError} when it is broken. `handle` runs at once, up to its first `await`, so
 * that messages keep their order.
 */
export function onInput(node: Node, translate: Translate, handle: Handle): void {
  // Node-RED counts the parameters: three of them mean that `done` will be called.
  node.on('input', (msg, send, done) => {
    handle(msg, send)
      .then(
        () => done(),
        (error: unknown) => done(toNodeError(translate, error)),
      )
      // Whatever Node-RED throws out of `done` must not end the process as an unhandled rejection.
      .catch((error: unknown) => node.error(toNodeError(translate, error)));
  });
}
