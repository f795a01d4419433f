import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fixture } from './invariants/fixture';

const NOTHING = Buffer.alloc(0);

function dataOf(link: number, payload: Buffer): Buffer {
  const { length } = payload;
  return Buffer.concat([
    Buffer.from(`+WS_DATA:${link},1,1,${length},${length},`),
    payload,
    Buffer.from('\r\n'),
  ]);
}

/** A fault changes the byte at an index of a URC. */
function change(fixture: Fixture, unit: Buffer, index: number, received: Buffer): void {
  fixture.monitor.hit({
    fault: received.length === 0 ? 'lose' : 'flip',
    at: fixture.now,
    passed: { 'to-device': 0, 'to-host': 0 },
    place: {
      kind: 'bytes',
      direction: 'to-host',
      offset: index,
      chunk: unit,
      index,
      sent: unit.subarray(index, index + 1),
      received,
    },
  });
}

/** Loses bytes of the data of a message; then the host reads the rest and `behind`. */
function lose(fixture: Fixture, unit: Buffer, count: number, behind: Buffer): void {
  const first = unit.length - 2 - count;
  for (let index = first; index < first + count; index++) change(fixture, unit, index, NOTHING);
  fixture.monitor.read(unit.subarray(0, first));
  fixture.monitor.read(Buffer.concat([unit.subarray(first + count), behind]));
}

for (const [title, surplus, expected] of [
  ['as many bytes as the URC behind it has', 0, ['compensated', 'compensated', '']],
  ['one byte less', -1, ['', '', '']],
  ['one byte more', 1, ['', '', '']],
] as const) {
  test(`data loses ${title}: marks ${expected.filter(Boolean).length} messages`, () => {
    const fixture = new Fixture();
    const payloads = [60, 4, 5].map((length, index) => Buffer.alloc(length, 97 + index));
    const units = payloads.map((payload, link) => dataOf(link, payload));
    for (const [link, payload] of payloads.entries())
      fixture.log.serve(link as 0 | 1 | 2, 1, payload, fixture.connection.number);
    const [first = NOTHING, second = NOTHING, third = NOTHING] = units;
    lose(fixture, first, second.length + surplus, Buffer.concat([second, third]));
    const marks = fixture.log.in.map(({ undetectable }) => [...undetectable].join());
    assert.deepEqual(marks, expected);
  });
}

for (const [title, noise, marks] of [
  ['as many bytes of noise as the rest has', 24, 'compensated'],
  ['a byte less', 23, ''],
] as const) {
  test(`the device restarts within data and writes ${title}: marks '${marks}'`, () => {
    const fixture = new Fixture();
    const payload = Buffer.alloc(77, 'a');
    fixture.log.serve(1, 1, payload, fixture.connection.number);
    fixture.monitor.read(dataOf(1, payload).subarray(0, -24 - 2));
    fixture.monitor.hit({
      fault: 'restart',
      at: fixture.now,
      passed: { 'to-device': 0, 'to-host': 0 },
      place: { kind: 'time' },
    });
    fixture.monitor.read(Buffer.concat([Buffer.alloc(noise, 0xfe), Buffer.from('\r\nready\r\n')]));
    const marked = fixture.log.in.map(({ undetectable }) => [...undetectable].join());
    assert.deepEqual(marked, [marks]);
  });
}

test('data of which a byte is lost swallows empty data: marks no message of its link', () => {
  const fixture = new Fixture();
  fixture.log.serve(1, 1, Buffer.from('whole'), fixture.connection.number);
  const empty = dataOf(1, NOTHING);
  lose(fixture, dataOf(0, Buffer.alloc(60, 'a')), empty.length, empty);
  assert.deepEqual([...(fixture.log.in[0]?.undetectable ?? [])], []);
});

test('empty data arrives as that of another link: marks only the empty message of its link', () => {
  const fixture = new Fixture();
  for (const text of ['whole', ''])
    fixture.log.serve(0, 1, Buffer.from(text), fixture.connection.number);
  const unit = dataOf(0, NOTHING);
  change(fixture, unit, unit.indexOf('0'), Buffer.from('1'));
  const marks = fixture.log.in.map(({ undetectable }) => [...undetectable].join());
  assert.deepEqual(marks, ['', 'data digit']);
});

for (const [title, line, violations] of [
  ['AT+WSSEND=0,40 arrives with length 0', 'AT+WSSEND=0,0', []],
  [
    'AT+WSSEND=0,40 arrives with another length',
    'AT+WSSEND=0,4',
    ['of 0 empty messages (0 unknown) 1 arrived on 0'],
  ],
] as const) {
  test(`${title}, and the server gets an empty message: finds ${violations.length} violations`, () => {
    const fixture = new Fixture();
    fixture.monitor.wrote(Buffer.from('AT+WSSEND=0,40\r\n'));
    fixture.monitor.executed(line);
    fixture.arrive(NOTHING);
    assert.deepEqual(fixture.violations, violations);
  });
}
