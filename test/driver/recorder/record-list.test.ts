import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RecordList } from '../../../driver/recorder/record-list';

/** Adds lines whose times and bytes are their numbers. */
function push(list: RecordList, sizes: readonly number[]): void {
  sizes.forEach((bytes, at) => list.push({ line: { at, host: 'x'.repeat(bytes) }, bytes }));
}

const times = (list: RecordList, from = 0) => list.since(from).map(({ line }) => line.at);

describe('RecordList', () => {
  it('keeps at least 15/16 of its capacity of the newest lines, in order, of any size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1024, max: 3000 }),
        fc.array(fc.nat({ max: 1600 }), { maxLength: 60 }),
        (capacity, sizes) => {
          const list = new RecordList(capacity);
          push(list, sizes);
          const kept = list.since(0).map(({ line }) => line);
          const all = sizes.map((size, at) =>
            size > list.longest ? { at, omitted: size } : { at, host: 'x'.repeat(size) },
          );
          const stored = sizes.map((size) => (size > list.longest ? 13 : size + 13));
          const bytes = (count: number) =>
            stored.slice(sizes.length - count).reduce((sum, size) => sum + size, 0);
          const count = kept.length;
          assert.deepEqual(kept, all.slice(sizes.length - count));
          assert.deepEqual([list.end, list.end - list.start], [bytes(sizes.length), bytes(count)]);
          assert.ok(bytes(count) <= capacity);
          assert.ok(count === sizes.length || bytes(count + 1) > (capacity * 15) / 16);
        },
      ),
    );
  });

  it('continues at the position after an earlier read', () => {
    const list = new RecordList(1000);
    push(list, [1, 1]);
    const [first] = list.since(0);
    assert.deepEqual(times(list, first?.next), [1]);
    assert.deepEqual(times(list, list.end), []);
  });

  it('gives the oldest position with at most so many bytes behind it', () => {
    const list = new RecordList(100);
    push(list, new Array<number>(10).fill(7));
    const behind = (bytes: number) => times(list, list.tail(bytes));
    assert.deepEqual(behind(0), []);
    assert.deepEqual(behind(19), []);
    assert.deepEqual(behind(20), [9]);
    assert.deepEqual(behind(59), [8, 9]);
    assert.equal(list.tail(1000), list.start);
  });
});
