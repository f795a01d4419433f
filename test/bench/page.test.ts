import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareWith, ratios } from '../../bench/against';
import { pageWith, tableOf, tables } from '../../bench/page';
import { suites } from '../../bench/suites';
import { keptFiles, text } from '../package/project';

describe('tables of docs/performance.md', () => {
  const page = text('docs/performance.md');

  for (const { name, suite, columns } of tables) {
    it(`${name}: has its place, with the columns of the suite ${suite}`, () => {
      assert.ok(suite in suites);
      assert.ok(page.includes(`<!-- bench:${name} -->\n${tableOf(columns, [])}\n`));
    });
  }

  it('rows of a suite replace its table, and no other', () => {
    const measured = {
      suite: 'parser',
      format: 'long',
      payload: 1024,
      chunk: 64,
      messagesPerSecond: 1_150_000,
      nanosecondsPerByte: 0.83,
      readlineMessagesPerSecond: 19,
      timesReadline: 8.4,
    };
    const written = pageWith(page, [measured, { ...measured, format: 'short' }]);
    const [, table = ''] = /<!-- bench:parser -->\n([^]*?)\n<!-- \/bench -->/.exec(written) ?? [];
    assert.deepEqual(table.split('\n').slice(2), ['| 1 KiB | 64 B | 1.15 M | 0.83 | 19 | 8.4 |']);
    const [, growth = ''] = /(<!-- bench:growth -->[^]*)/.exec(page) ?? [];
    assert.ok(written.endsWith(growth));
  });

  it('a page without the place of a table is refused', () => {
    assert.throws(() => pageWith('', [{ suite: 'growth' }]), /has no <!-- bench:growth -->/);
  });
});

describe('two versions side by side', () => {
  it('ratios() returns each figure that both have, with the median of the ratios of the rounds', () => {
    const row = (cpu: number) => ({ suite: 'parser', payload: 16, messages: 9, cpu });
    const before = [[row(10)], [row(20)], [{ ...row(40), fresh: 1 }]];
    const now = [[row(5)], [row(30)], [row(40)]];
    assert.deepEqual(ratios(before, now), [
      { what: 'parser 16', figure: 'cpu', before: 20, now: 30, ratio: 1 },
    ]);
  });

  it('rows that differ in a text are cases of their own', () => {
    const rows = [['idle', 'open'].map((view) => ({ suite: 'recorder', view, cpu: 1 }))];
    assert.deepEqual(
      ratios(rows, rows).map(({ what }) => what),
      ['recorder idle', 'recorder open'],
    );
  });

  const skip = keptFiles() === undefined && 'there is no Git repository here';
  it('a revision is built, measured, and cleared away', { skip }, () => {
    const found = compareWith('HEAD', 1, ['--quick', 'parser']);
    assert.ok(found.some(({ figure }) => figure === 'nanosecondsPerByte'));
    assert.ok(found.every(({ ratio }) => ratio > 0));
    assert.throws(() => compareWith('no-such-revision', 1, []), /no-such-revision/);
  });
});
