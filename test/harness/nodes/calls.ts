import assert from 'node:assert/strict';
import type { Node } from 'node-red';

interface Spy {
  getCalls(): { readonly thisValue: unknown; readonly args: readonly unknown[] }[];
}

/** The first arguments of the calls of a method that the test helper spies on, oldest first. */
export function callsOf(
  node: Node,
  method: 'status' | 'log' | 'warn' | 'error' | 'debug',
): unknown[] {
  const spy: unknown = Reflect.get(node, method);
  assert.ok(isSpy(spy), `${method} is not recorded`);
  return spy
    .getCalls()
    .filter((call) => call.thisValue === node)
    .map((call) => call.args[0]);
}

function isSpy(value: unknown): value is Spy {
  return typeof value === 'function' && 'getCalls' in value;
}
