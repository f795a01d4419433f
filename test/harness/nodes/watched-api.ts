import assert from 'node:assert/strict';
import type { Node, NodeAPI } from 'node-red';

/** The API of a runtime, with a call of `watch` for each node before its construction. */
export function watchedApi(RED: NodeAPI, watch: (node: Node) => void): NodeAPI {
  const registerType: unknown = Reflect.get(RED.nodes, 'registerType');
  assert.ok(typeof registerType === 'function');
  const nodes: unknown = Object.create(RED.nodes, {
    registerType: {
      value: (
        type: string,
        constructor: (this: Node, def: unknown) => void,
        ...rest: unknown[]
      ) => {
        function Watched(this: Node, def: unknown): void {
          watch(this);
          constructor.call(this, def);
        }
        Reflect.apply(registerType, RED.nodes, [type, Watched, ...rest]);
      },
    },
  });
  const watched: unknown = Object.create(RED, { nodes: { value: nodes } });
  assert.ok(isApi(watched));
  return watched;
}

function isApi(value: unknown): value is NodeAPI {
  return typeof value === 'object' && value !== null && 'nodes' in value;
}
