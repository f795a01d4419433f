import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';

/** The error code in a message of a Catch node; undefined: it has none. */
export function codeOf(msg: NodeMessage): unknown {
  const { error } = msg;
  return typeof error === 'object' && error && 'code' in error ? error.code : undefined;
}

/** The error sentence in a message of a Catch node. */
export function sentenceOf({ error }: NodeMessage): string {
  assert.ok(typeof error === 'object' && error && 'message' in error);
  return String(error.message);
}

/** A message without its ID, for comparison. */
export function withoutId(msg: NodeMessage): object {
  return Object.fromEntries(Object.entries(msg).filter(([name]) => name !== '_msgid'));
}

/** A property of a value, if that is an object. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
