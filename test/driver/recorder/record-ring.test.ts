import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RecordRing } from '../../../driver/recorder/record-ring';

const texts = (ring: RecordRing, from = 0): string[] =>
  [...ring.since(from)].map(({ kind, at, bytes }) => `${kind} ${at} ${bytes.toString('latin1')}`);

describe('ring of records', () => {
  it('returns records in order, with kind, time and bytes', () => {
    const ring = new RecordRing(1000);
    ring.push(0, 1.5, Buffer.from('AT\r\n'));
    ring.push(253, 2, Buffer.from(''));
    assert.deepEqual(texts(ring), ['0 1.5 AT\r\n', '253 2 ']);
  });

  it('keeps as many of the newest records as have room, of any size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 12, max: 300 }),
        fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 60 }),
        (capacity, records) => {
          const ring = new RecordRing(capacity);
          records.forEach((bytes, index) => ring.push(index % 5, index, bytes));
          const kept = texts(ring);
          const all = records.map(
            (bytes, index) =>
              `${index % 5} ${index} ${Buffer.from(bytes.subarray(0, ring.longest)).toString('latin1')}`,
          );
          assert.deepEqual(kept, all.slice(all.length - kept.length));
          assert.ok(kept.length > 0 || records.length === 0);
          assert.ok(ring.end - ring.start <= capacity);
        },
      ),
    );
  });

  it('continues at the position after an earlier read', () => {
    const ring = new RecordRing(1000);
    ring.push(0, 1, Buffer.from('a'));
    const { end } = ring;
    ring.push(0, 2, Buffer.from('b'));
    assert.deepEqual(texts(ring, end), ['0 2 b']);
    const [first] = ring.since(0);
    assert.equal(first?.next, end);
  });

  it('gives the oldest position with at most so many bytes behind it', () => {
    const ring = new RecordRing(100);
    for (let index = 0; index < 10; index++) ring.push(0, index, Buffer.alloc(10));
    const behind = (bytes: number) => [...ring.since(ring.tail(bytes))].map(({ at }) => at);
    assert.deepEqual(behind(0), []);
    assert.deepEqual(behind(19), []);
    assert.deepEqual(behind(20), [9]);
    assert.deepEqual(behind(59), [8, 9]);
    assert.equal(ring.tail(1000), ring.start);
  });

  it('keeps the times of records hours apart, also after it has dropped the oldest', () => {
    const ring = new RecordRing(64);
    const HOUR_MS = 3_600_000;
    const kept: string[] = [];
    for (let count = 1; count <= 20; count++) {
      ring.push(0, count * 3 * HOUR_MS + 0.125, Buffer.from('x'));
      kept.splice(0, 1, ...texts(ring).slice(-1));
      assert.deepEqual(kept, [`0 ${count * 3 * HOUR_MS + 0.125} x`]);
    }
    assert.ok(ring.start > 0);
    const times = [...ring.since(0)].map(({ at }) => at);
    assert.deepEqual(
      times,
      [18, 19, 20].slice(-times.length).map((count) => count * 3 * HOUR_MS + 0.125),
    );
  });

  it('gives a reader the same times from the start and from a later position', () => {
    const ring = new RecordRing(200);
    for (let index = 0; index < 30; index++) {
      ring.push(0, index * 1.5, Buffer.alloc(index % 7));
      const [last] = [...ring.since(ring.tail(16))].slice(-1);
      assert.equal(last?.at, index * 1.5);
      const all = [...ring.since(0)].map(({ at }) => at);
      assert.deepEqual(
        all,
        all.map((_, back) => (index - all.length + 1 + back) * 1.5),
      );
    }
  });

  it('keeps nothing when its capacity is 0', () => {
    const ring = new RecordRing(0);
    ring.push(0, 1, Buffer.from('a'));
    assert.deepEqual(texts(ring), []);
  });
});
