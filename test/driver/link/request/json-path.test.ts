import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePath, valueAt, withValueAt } from '../../../../driver/link/request/json-path';

describe('a path into JSON', () => {
  it('has names with dots between them, and positions in brackets', () => {
    assert.deepEqual(parsePath('requestPath', 'id'), ['id']);
    assert.deepEqual(parsePath('requestPath', 'params[0].a-b.größe'), [
      'params',
      0,
      'a-b',
      'größe',
    ]);
  });

  for (const path of ['', '.a', 'a.', 'a..b', 'a[]', 'a[x]', '[0]', 'a b', 'a."b"'])
    it(`is refused: ${JSON.stringify(path)}`, () => {
      assert.throws(() => parsePath('replyPath', path), {
        code: 'INVALID_REQUEST',
        outcome: 'not-sent',
        message: /^Change the request setting "path in the reply": /,
      });
    });

  it('finds own values only', () => {
    const json: unknown = { a: [{ b: 0 }], c: null };
    assert.equal(valueAt(json, ['a', 0, 'b']), 0);
    assert.equal(valueAt(json, ['a', 1, 'b']), undefined);
    assert.equal(valueAt(json, ['c', 'd']), undefined);
    assert.equal(valueAt(json, ['toString']), undefined);
    assert.equal(valueAt(json, ['__proto__']), undefined);
    assert.equal(valueAt('text', ['length']), undefined);
  });

  it('gets a value in a copy of the JSON, which creates missing objects and arrays', () => {
    const json = { a: { b: 1 }, c: [1] };
    assert.deepEqual(withValueAt(json, ['a', 'id'], 7), { a: { b: 1, id: 7 }, c: [1] });
    assert.deepEqual(withValueAt(json, ['c', 2], 7), { a: { b: 1 }, c: [1, null, 7] });
    assert.deepEqual(withValueAt(json, ['x', 0, 'id'], 7), { ...json, x: [{ id: 7 }] });
    assert.deepEqual(json, { a: { b: 1 }, c: [1] });
  });

  it('never changes a prototype', () => {
    const changed = withValueAt({}, ['__proto__', 'polluted'], true);
    assert.equal(Reflect.get({}, 'polluted'), undefined);
    assert.deepEqual(JSON.stringify(changed), '{"__proto__":{"polluted":true}}');
  });
});
