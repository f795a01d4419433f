import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { it } from 'node:test';
import type { Node } from 'node-red';
import { onInput } from '../../../nodes/shared/message/input';

it('an input that fails by a bug writes the stack to the debug log, and ends once with a code', async () => {
  const bug = new TypeError('undefined is not a function');
  const log: unknown[] = [];
  const emitter = new EventEmitter();
  const node = Object.assign(emitter, { debug: (text: unknown) => log.push(text) });
  onInput(
    node as unknown as Node,
    (key) => key,
    () => Promise.reject(bug),
  );
  const done = once(emitter, 'done');
  emitter.emit(
    'input',
    {},
    () => undefined,
    (error: unknown) => emitter.emit('done', error),
  );
  const [error] = (await done) as [{ code: string }];
  assert.deepEqual([error.code, log], ['MESSAGE_UNUSABLE', [bug.stack]]);
});
