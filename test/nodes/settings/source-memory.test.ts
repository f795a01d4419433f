import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Node, NodeAPI } from 'node-red';
import { InputOrder } from '../../../nodes/shared/device/input-order';
import { reader } from '../../../nodes/shared/settings/sources';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { keptOf } from '../../harness/garbage';
import { turns } from '../../harness/nodes/turns';

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

  it('fails sooner than the one of the message before: no unhandled rejection, and errors in order', async () => {
    const dones: Arguments[4][] = [];
    const evaluateNodeProperty = (...[, , , , done]: Arguments) => void dones.push(done);
    const RED = { util: { evaluateNodeProperty } } as unknown as NodeAPI;
    const read = reader(RED, {} as unknown as Node, 'payload', 'place', 'flow');
    const order = new InputOrder(new VirtualClock());
    const unhandled: unknown[] = [];
    const note = (error: unknown) => void unhandled.push(error);
    const ended: string[] = [];
    process.on('unhandledRejection', note);
    try {
      const reads = ['first', 'second'].map((name) =>
        order
          .begin(read({ _msgid: name }), () => Promise.resolve())
          .then(
            () => ended.push(`${name} read`),
            () => ended.push(`${name} failed`),
          ),
      );
      dones[1]?.(new Error('no context store'));
      await turns(2);
      assert.deepEqual([unhandled, ended], [[], []]);
      dones[0]?.(null, 'value');
      await Promise.all(reads);
      assert.deepEqual(ended, ['first read', 'second failed']);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});

type Arguments = [
  text: unknown,
  source: unknown,
  node: unknown,
  msg: unknown,
  done: (error: Error | null, value?: unknown) => void,
];
