import type { Node, NodeMessage, NodeMessageInFlow } from 'node-red';
import { stackOf, toCaughtError, toFlowError } from '../errors/caught-error';
import type { FlowError } from '../errors/node-error';
import type { Translate } from './translate';

/** Sends messages to the outputs, in order. `null` sends nothing to an output. */
export type Send = (msg: NodeMessage | (NodeMessage | NodeMessage[] | null)[]) => void;

/** Handles an input. Settles when the device has confirmed it. */
type Handle = (msg: NodeMessageInFlow, send: Send) => Promise<void>;

/**
 * Calls `handle` for every input, and then `done` exactly once: without an error when the promise is
 * fulfilled, with the error of {@link toCaughtError} when it is rejected. Does not wait for the input before: `handle`
 * keeps the order of messages.
 * @param status shows how each input ended
 */
export function onInput(
  node: Node,
  translate: Translate,
  handle: Handle,
  status?: { inputDone(error: FlowError | undefined): void },
): void {
  // Node-RED counts the parameters: with three, it expects a call of `done`.
  node.on('input', (msg, send, done) => {
    handle(msg, send)
      .then(
        () => {
          status?.inputDone(undefined);
          done();
        },
        (error: unknown) => {
          status?.inputDone(toFlowError(error));
          // An error without a code may be a bug: its sentence does not say where it happened.
          const stack = stackOf(error);
          if (stack !== undefined) node.debug(stack);
          done(toCaughtError(translate, error));
        },
      )
      // `done` may throw. An unhandled rejection would end the process.
      .catch((error: unknown) => node.error(toCaughtError(translate, error)));
  });
}
