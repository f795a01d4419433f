import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RecordingLine } from '../../../driver/recorder/lines';
import { areaPath, Rate, Series, shortAmount } from '../../../nodes/shared/live/chart';
import { LinkStrip } from '../../../nodes/shared/live/link-strip';
import type { LiveDevice } from '../../../nodes/shared/live/live-answer';
import { liveCounts } from '../../../nodes/shared/live/live-counts';
import { LiveModel, MAX_ROWS } from '../../../nodes/shared/live/live-model';
import { FakeDevice } from '../../harness/nodes/fake-device';

const closed = { state: 'closed', host: '' } as const;
const device = (id: string, more: Partial<LiveDevice> = {}): LiveDevice => ({
  id,
  name: id,
  state: 'ready',
  firmware: 'D',
  links: [closed, closed, closed],
  ...more,
});
const kinds = (rows: readonly { readonly kind: string }[]) => rows.map(({ kind }) => kind);
const ok = (at: number): RecordingLine => ({ at, device: '\r\nOK\r\n' });

describe('strip of a link', () => {
  const change = (at: number, detail: string): RecordingLine => ({
    at,
    linkEvent: 'statechange',
    link: 1,
    detail,
  });

  it('has a segment for each state, cut at both ends of the time shown', () => {
    const strip = new LinkStrip(1000);
    strip.read([change(100, 'opening'), change(300, 'open, opened'), change(1250, 'closed, lost')]);
    assert.deepEqual(strip.segments(1, 1300), [
      { state: 'open', from: 300, to: 1250 },
      { state: 'closed', from: 1250, to: 1300 },
    ]);
    assert.deepEqual(strip.segments(0, 1300), []);
  });

  it('forgets what no view shows any more, and keeps the state that the time begins with', () => {
    const strip = new LinkStrip(1000);
    for (let at = 0; at < 10_000; at += 10) strip.note(0, at, at % 20 ? 'open' : 'closed');
    assert.equal(strip.segments(0, 9990).length, 100);
    strip.note(0, 50_000, 'closed');
    assert.deepEqual(strip.segments(0, 50_000), [{ state: 'open', from: 49_000, to: 50_000 }]);
  });
});

describe('charts', () => {
  it('draw the rate of a counter, which may begin again at 0', () => {
    const rate = new Rate(10_000);
    for (const [at, total] of [
      [0, 0],
      [500, 100],
      [1000, 20],
      [1500, 70],
    ] as const)
      rate.add(at, total);
    assert.deepEqual(
      rate.series.samples.map(({ value }) => value),
      [200, 100],
    );
  });

  it('end at the right edge and reach the top at their largest value', () => {
    const series = new Series(1000);
    series.add(0, 9);
    series.add(900, 5);
    series.add(1400, 10);
    assert.deepEqual(series.samples.length, 2);
    assert.equal(
      areaPath(series.samples, 1400, { width: 100, height: 20, keptMs: 1000 }),
      'M50 20L50 10L100 0L100 20Z',
    );
    assert.equal(areaPath([], 0, { width: 100, height: 20, keptMs: 1000 }), '');
  });

  it('name amounts in short', () => {
    const short = [0, 999, 1000, 123_456, 2e6].map((value) => shortAmount(value));
    assert.equal(shortAmount(0, 'B/s'), '0 B/s');
    assert.deepEqual(short, ['0', '999', '1.0 k', '123 k', '2.0 M']);
  });
});

describe('model of the live view', () => {
  const traffic = (run: number, next: number, lines: readonly RecordingLine[], skipped = 0) => ({
    run,
    next,
    lines,
    skipped,
    now: lines.at(-1)?.at ?? 0,
  });

  it('chooses the first device, then asks where it has read up to', () => {
    const model = new LiveModel();
    assert.deepEqual(model.query, {});
    model.take({ devices: [device('a'), device('b')] });
    assert.deepEqual(model.query, { device: 'a', run: 0, after: 0 });
    const rows = model.take({ devices: [device('a')], traffic: traffic(3, 77, [ok(1)], 500) });
    assert.deepEqual(kinds(rows), ['result']);
    assert.deepEqual(model.query, { device: 'a', run: 3, after: 77 });
    model.choose('b');
    assert.deepEqual(model.query, { device: 'b', run: 0, after: 0 });
  });

  it('says what it missed, and keeps no more rows than it shows', () => {
    const model = new LiveModel();
    model.take({ devices: [device('a')] });
    model.take({ devices: [device('a')], traffic: traffic(1, 1, [ok(1)]) });
    const rows = model.take({ devices: [device('a')], traffic: traffic(1, 2, [ok(2)], 9) });
    assert.deepEqual(kinds(rows), ['skipped', 'result']);
    const many = Array.from({ length: 2 * MAX_ROWS }, (_, at) => ok(at));
    model.take({ devices: [device('a')], traffic: traffic(1, 3, many) });
    assert.equal(model.view?.rows.length, MAX_ROWS);
  });

  it('shows no new rows during a pause, which ends when another device is chosen', () => {
    const devices = [device('a'), device('b')];
    const model = new LiveModel();
    model.take({ devices });
    model.take({ devices, traffic: traffic(1, 1, [ok(1)]) });
    const { view } = model;
    assert.ok(view);
    view.isPaused = true;
    assert.deepEqual(model.take({ devices, traffic: traffic(1, 2, [ok(2)]) }), []);
    assert.equal(view.rows.length, 1);
    view.clear();
    model.take({ devices, traffic: traffic(1, 3, [ok(3)]) });
    assert.deepEqual(view.rows, []);
    view.isPaused = false;
    assert.equal(view.rows.length, 1, 'what came after the clear');
    view.isPaused = true;
    model.choose('b');
    assert.equal(model.view?.isPaused, false);
    assert.equal(model.take({ devices, traffic: traffic(1, 1, [ok(4)]) }).length, 1);
  });

  it('drops traffic of the device that was chosen when it asked', () => {
    const devices = [device('a'), device('b')];
    const model = new LiveModel();
    model.take({ devices });
    const asked = model.view;
    for (const [id, after] of [
      ['b', 'b'],
      ['a', 'a again'],
    ] as const) {
      model.choose(id);
      assert.deepEqual(model.take({ devices, traffic: traffic(3, 77, [ok(1)]) }, asked), [], after);
      assert.deepEqual(model.view?.rows, []);
      assert.deepEqual(model.query, { device: id, run: 0, after: 0 });
    }
    const rows = model.take({ devices, traffic: traffic(3, 77, [ok(1)], 9) });
    assert.deepEqual(kinds(rows), ['result']);
  });

  it('forgets the rows on request, and goes on from where it has read up to', () => {
    const model = new LiveModel();
    model.take({ devices: [device('a'), device('b')] });
    model.take({ devices: [device('a'), device('b')], traffic: traffic(1, 2, [ok(70)]) });
    model.view?.clear();
    assert.deepEqual([model.view?.rows, model.view?.now], [[], 70]);
    assert.deepEqual(model.query, { device: 'a', run: 1, after: 2 });
    assert.deepEqual(
      model.devices.map(({ id }) => id),
      ['a', 'b'],
    );
  });

  it('shows the traffic over the port as rates', () => {
    const model = new LiveModel();
    model.take({ devices: [device('a')] });
    const counters = liveCounts(new FakeDevice().statistics()).counters;
    for (const [at, bytes] of [
      [0, 0],
      [500, 400],
    ] as const) {
      const counts = { sentBytes: bytes, receivedBytes: 2 * bytes, queue: 3, counters };
      model.take({ devices: [device('a', { counts })], traffic: traffic(1, 1, [ok(at)]) });
    }
    const { sent, received, queue } = model.view ?? {};
    assert.deepEqual([sent?.series.last, received?.series.last, queue?.last], [800, 1600, 3]);
  });

  it('chooses another device when the chosen one is gone', () => {
    const model = new LiveModel();
    model.take({ devices: [device('a'), device('b')] });
    model.take({ devices: [device('b')] });
    assert.equal(model.device?.id, 'b');
    model.take({ devices: [] });
    assert.equal(model.view, undefined);
  });
});
