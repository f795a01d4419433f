import type { NodeMessage } from 'node-red';

/**
 * Changes a message in place; where that fails, because a flow has frozen it for example, changes a copy.
 * @returns the changed message
 */
export function changed(msg: NodeMessage, change: (msg: NodeMessage) => void): NodeMessage {
  try {
    change(msg);
    return msg;
  } catch {
    const copy = copyOf(msg);
    change(copy);
    return copy;
  }
}

/** A shallow copy, without properties whose getters throw. */
export function copyOf(msg: NodeMessage): NodeMessage {
  try {
    return { ...msg };
  } catch {
    const copy: NodeMessage = {};
    for (const name of namesOf(msg)) {
      try {
        copy[name] = msg[name];
      } catch {
        continue;
      }
    }
    return copy;
  }
}

/** None where a Proxy does not tell. */
function namesOf(msg: NodeMessage): readonly string[] {
  try {
    return Object.keys(msg);
  } catch {
    return [];
  }
}
