import type { NodeMessage } from 'node-red';

/** The error code that a Catch node was given; undefined when there is none. */
export function codeOf(msg: NodeMessage): unknown {
  const { error } = msg;
  return typeof error === 'object' && error && 'code' in error ? error.code : undefined;
}

/** A message without its ID, to be compared. */
export function withoutId(msg: NodeMessage): object {
  return Object.fromEntries(Object.entries(msg).filter(([name]) => name !== '_msgid'));
}
