import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { LinkId } from '../../../driver/at/types';
import { SendQueue, type Waiting } from '../../../driver/at/send-queue';

interface Item extends Waiting {
  readonly name: string;
}

const item = (link: LinkId, name: string, bytes = 10): Item => ({ link, bytes, name });

/** Takes turns until the queue is empty and returns the names in order. */
function turns(queue: SendQueue<Item>): string[] {
  const names: string[] = [];
  for (let next = queue.peek(); next; next = queue.peek()) {
    names.push(next.name);
    queue.served(next.link, next.bytes);
    queue.shift(next.link);
  }
  return names;
}

describe('the send queue', () => {
  it('keeps the order of each link', () => {
    const queue = new SendQueue<Item>();
    for (const name of ['a', 'b', 'c']) queue.push(item(1, name));
    assert.deepEqual(turns(queue), ['a', 'b', 'c']);
  });

  it('gives links turns by bytes, not by messages', () => {
    const queue = new SendQueue<Item>();
    for (let index = 0; index < 3; index++) queue.push(item(0, `large ${index}`, 1000));
    for (let index = 0; index < 6; index++) queue.push(item(1, `small ${index}`, 250));
    assert.deepEqual(turns(queue), [
      'large 0',
      'small 0',
      'small 1',
      'small 2',
      'small 3',
      'large 1',
      'small 4',
      'small 5',
      'large 2',
    ]);
  });

  it('does not let a link that was idle make up for it', () => {
    const queue = new SendQueue<Item>();
    queue.served(0, 1_000_000);
    queue.push(item(0, 'a'));
    queue.push(item(0, 'b'));
    queue.push(item(1, 'x'));
    queue.push(item(1, 'y'));
    assert.deepEqual(turns(queue), ['a', 'x', 'b', 'y']);
  });

  it('takes out single items and whole links, in order', () => {
    const queue = new SendQueue<Item>();
    const [a, b, c] = [item(0, 'a'), item(0, 'b'), item(0, 'c')];
    for (const each of [a, b, c, item(2, 'z')]) queue.push(each);
    assert.equal(queue.remove(b), true);
    assert.equal(queue.remove(b), false);
    assert.deepEqual(
      queue.drain(0).map(({ name }) => name),
      ['a', 'c'],
    );
    assert.deepEqual(
      queue.drain().map(({ name }) => name),
      ['z'],
    );
    assert.equal(queue.peek(), undefined);
  });

  it('keeps order and count however long it is used', () => {
    const queue = new SendQueue<Item>();
    let next = 0;
    for (let index = 0; index < 1000; index++) {
      queue.push(item(0, String(index)));
      if (index % 3 !== 0) assert.equal(queue.shift(0)?.name, String(next++));
    }
    assert.equal(queue.peek()?.name, String(next));
    assert.equal(queue.drain(0).length, 1000 - next);
  });

  it('lets go of what it has handed out', async () => {
    const queue = new SendQueue<Item>();
    const handedOut = (() => {
      const sent = item(0, 'sent');
      queue.push(sent);
      queue.push(item(0, 'next'));
      return new WeakRef(queue.shift(0) ?? sent);
    })();
    // A weak reference that was just made holds its target until this turn is over.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    assert.equal(handedOut.deref(), undefined);
    assert.equal(queue.peek()?.name, 'next');
  });
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
}
