import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DeviceReader } from '../../../nodes/shared/live/device-reader';
import { rowMatches, rowText, type RowGroup } from '../../../nodes/shared/live/row-text';
import { TrafficRows, type TrafficRow } from '../../../nodes/shared/live/traffic-rows';

const said =
  '\r\nOK\r\n\r\n>busy p...\r\n+WS_DATA:0,1,1,9,9,a\r\nOK\r\nb>\r\n+WS_CLOSED:1\r\nERR CODE:0x01\r\n+WSOPEN:0,2,"ws://h"\r\nSEND OK\r\n';

const kinds = (rows: readonly { readonly kind: string; readonly text: string }[]) =>
  rows.map(({ kind, text }) => `${kind} ${text}`);

describe('rows of AT traffic', () => {
  it('of a device: the same however its bytes are cut, with data taken by its length', () => {
    const expected = [
      'result OK',
      'prompt >',
      'diagnostic busy p...',
      'data +WS_DATA:0,1,1,9,9',
      'urc +WS_CLOSED:1',
      'diagnostic ERR CODE:0x01',
      'response +WSOPEN:0,2,"ws://h"',
      'result SEND OK',
    ];
    fc.assert(
      fc.property(fc.array(fc.nat(said.length), { maxLength: 8 }), (cuts) => {
        const reader = new DeviceReader();
        const ends = [...cuts.sort((a, b) => a - b), said.length];
        const units = ends.flatMap((end, index) =>
          reader.push(said.slice(ends[index - 1] ?? 0, end), index, true),
        );
        assert.deepEqual(kinds(units), expected);
        assert.equal(units[3]?.payload, 'a\r\nOK\r\nb>');
      }),
    );
  });

  it('of a device of class A to C: read the short header of data', () => {
    const [unit] = new DeviceReader().push('+WS_DATA:2,3,1,2\r\n', 0, false);
    assert.deepEqual(unit, { at: 0, kind: 'data', text: '+WS_DATA:2,3', payload: '1,2' });
  });

  it('show data that breaks off as it came, once the device says something else 2 s later', () => {
    const reader = new DeviceReader();
    assert.deepEqual(reader.push('+WS_DATA:0,9,', 0, false), []);
    assert.deepEqual(reader.push('abc', 1999, false), []);
    assert.deepEqual(kinds(reader.push('\r\nready\r\n', 4000, false)), [
      'noise +WS_DATA:0,9,abc',
      'urc ready',
    ]);
  });

  it('tell commands, payloads and probes of the host apart, and what the driver decides', () => {
    const rows = new TrafficRows().read(
      [
        { at: 1, call: 1, to: 'open', link: 0, options: { uri: 'ws://h' } },
        { at: 2, host: 'AT+WSSEND=0,3\r\n' },
        { at: 3, host: 'AT\n' },
        { at: 4, host: '\r\n' },
        { at: 5, state: 'resyncing', error: 'OUT_OF_SYNC' },
        { at: 6, linkEvent: 'statechange', link: 2, detail: 'open, reopened' },
        { at: 7, settled: 1, error: 'OPEN_FAILED' },
        { at: 7, settled: 2 },
        { at: 8, random: 0.5 },
        { at: 8, late: 30 },
        { at: 9, port: 'pending', bytes: 3 },
        { at: 9, port: 'lost', error: 'PORT_LOST' },
      ],
      true,
    );
    assert.deepEqual(kinds(rows), [
      'call open 0',
      'command AT+WSSEND=0,3',
      'payload ',
      'probe ',
      'state resyncing OUT_OF_SYNC',
      'link 2 open, reopened',
      'failure OPEN_FAILED',
      'port lost PORT_LOST',
    ]);
  });

  it('say how many bytes the view did not get', () => {
    const reader = new TrafficRows();
    reader.read([{ at: 1, device: 'half a li' }], true);
    assert.deepEqual(kinds(reader.skipped(2, 700)), ['noise half a li', 'skipped 700']);
  });
});

describe('text of a row', () => {
  const data = (payload: string): TrafficRow => ({
    at: 0,
    from: 'device',
    kind: 'data',
    text: '+WS_DATA:0,1',
    payload,
  });

  it('folds a payload that is long or has lines', () => {
    assert.deepEqual(rowText(data('short')), { folded: '+WS_DATA:0,1 short' });
    assert.deepEqual(rowText(data('a\nb')), {
      folded: '+WS_DATA:0,1 a b …',
      whole: '+WS_DATA:0,1\na\nb',
    });
    const { folded, whole } = rowText(data('x'.repeat(1000)));
    assert.deepEqual([folded.length, whole?.length], [95, 1013]);
  });

  it('shows UTF-8 as text and other bytes in hexadecimal', () => {
    assert.match(rowText(data(Buffer.from('温度').toString('latin1'))).folded, /温度$/);
    assert.match(rowText(data('\xff\x00A')).folded, /ff 00 41$/);
  });

  it('is found by a filter of kind and part', () => {
    const row = data('Hello');
    const found = (group: RowGroup, search: string) => rowMatches(row, group, search);
    assert.deepEqual(
      [found('all', ''), found('urcs', 'hELL'), found('messages', 'x'), found('driver', '')],
      [true, true, false, false],
    );
  });
});
