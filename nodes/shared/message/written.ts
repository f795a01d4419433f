import type { NodeMessage } from 'node-red';

/**
 * Writes into a message; where it cannot be written, because a flow has frozen it for example, into a copy.
 * @returns the message that was written into
 */
export function written(msg: NodeMessage, write: (msg: NodeMessage) => void): NodeMessage {
  try {
    write(msg);
    return msg;
  } catch {
    const copy = copyOf(msg);
    write(copy);
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
