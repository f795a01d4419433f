import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Node, NodeAPI } from 'node-red';
import { reader } from '../../../nodes/shared/settings/sources';
import { keptOf } from '../../harness/garbage';

describe('a setting that is read asynchronously', () => {
  for (const fails of [false, true])
    it(`holds no value of the messages before, ${fails ? 'failed' : 'read'}`, async () => {
      const values: WeakRef<object>[] = [];
      const evaluateNodeProperty = (...[, , , , done]: Arguments) => {
        const value = new Error('of one message');
        values.push(new WeakRef(value));
        if (fails) done(value);
        else done(null, value);
      };
      const RED = { util: { evaluateNodeProperty } } as unknown as NodeAPI;
      const node = {} as unknown as Node;
      const read = reader(RED, node, 'payload', 'place', 'flow');
      for (let count = 0; count < 50; count++)
        await Promise.allSettled([read({ _msgid: String(count) })]);
      await new Promise((resolve) => setImmediate(resolve));
      const kept = keptOf(values);
      assert.ok(kept <= 2, `${kept} of 50`);
    });
});

type Arguments = [
  text: unknown,
  source: unknown,
  node: unknown,
  msg: unknown,
  done: (error: Error | null, value?: unknown) => void,
];
