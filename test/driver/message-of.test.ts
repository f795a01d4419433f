import assert from 'node:assert/strict';
import { it } from 'node:test';
import { messageOf } from '../../driver/message-of';

const unreadable = {
  get message(): string {
    throw new Error('unreadable');
  },
};

for (const [thrown, message] of [
  [new Error('an error'), 'an error'],
  [{ code: 'D3030', message: 'Unable to cast value' }, 'Unable to cast value'],
  ['text', 'text'],
  [undefined, 'undefined'],
  [Object.create(null), 'object'],
  [unreadable, 'object'],
] as const)
  it(`the message of a thrown ${typeof thrown} is "${message}"`, () => {
    assert.equal(messageOf(thrown), message);
  });
