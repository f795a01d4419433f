import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutForeignSecrets } from '../../../driver/recorder/foreign-secrets';
import { DeviceRecorder } from '../../../driver/recorder/device-recorder';
import type { RecordingLine } from '../../../driver/recorder/lines';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { port } from './kept';

/** Returns what the device says in chunks, without secrets. */
function cleaned(...chunks: readonly string[]): string[] {
  const lines = chunks.flatMap((device, at): RecordingLine[] => [
    { at, device },
    { at, host: 'AT\r\n' },
  ]);
  return saidOf(withoutForeignSecrets(lines, false));
}

const saidOf = (lines: readonly RecordingLine[]) =>
  lines.flatMap((line) => ('device' in line ? line.device : []));

const device = (text: string): RecordingLine => ({ at: 0, device: text });
const ready = { snapshot: 'ready', checkedMs: 0, firstQuery: 0, links: [] } as const;
const snapshot: RecordingLine = { at: 0, ...ready };

/** Returns what the device says behind dropped lines, without secrets. */
const cleanedBehindDropped = (...chunks: readonly string[]) =>
  saidOf(withoutForeignSecrets(chunks.map(device), true));

describe('secrets of another program in a recording', () => {
  it('replaces user and password of a listed URI, wherever reads cut it, and nothing else', () => {
    assert.deepEqual(
      cleaned('+WSOPEN:0,2,"ws://bo', 'bby:hun:t', 'er@h/a@b"\r\n+WSOPEN:1,2,"wss://h/x:y@z"\r\n'),
      ['+WSOPEN:0,2,"ws://**', '***:*****', '**@h/a@b"\r\n+WSOPEN:1,2,"wss://h/x:y@z"\r\n'],
    );
    assert.deepEqual(cleaned('+WSOPEN:0,2,"ws://key@h"\r\n'), ['+WSOPEN:0,2,"ws://***@h"\r\n']);
    assert.deepEqual(cleaned('+WSOPEN:0,2,"ws://bob:hu'), ['+WSOPEN:0,2,"ws://***:**']);
  });

  it('replaces the values of listed headers, quotes and line ends in them included', () => {
    assert.deepEqual(
      cleaned('+WSHEAD:0,"A: a"b\r\nX: c"\r\n', '+WSHEAD:1,"B:d"\r\n\r\nOK\r\n+WS_CLOSED:0\r\n'),
      ['+WSHEAD:0,"A: *,*\r\n****"\r\n', '+WSHEAD:1,"B:*"\r\n\r\nOK\r\n+WS_CLOSED:0\r\n'],
    );
  });

  it('replaces a header whose last quote is corrupt, up to its line end', () => {
    assert.deepEqual(
      cleaned('+WSHEAD:0,"A: ab!\r\n+WSHEAD:1,"B: cd!\r\n\r\nOK\r\n+WS_DATA:0,3,"\r\n\r\n'),
      ['+WSHEAD:0,"A: ***\r\n+WSHEAD:1,"B: ***\r\n\r\nOK\r\n+WS_DATA:0,3,"\r\n\r\n'],
    );
  });

  it('replaces a header whose line end has lost a byte, and keeps the result code behind it', () => {
    assert.deepEqual(cleaned('+WSHEAD:0,"A: ab"\n\r\nOK\r\n', '+WSHEAD:0,"A: ab"\r\r\nOK\r\n'), [
      '+WSHEAD:0,"A: **"\n\r\nOK\r\n',
      '+WSHEAD:0,"A: **"\r\r\nOK\r\n',
    ]);
  });

  it('replaces the rest of a listed header or URI that has begun before the first record', () => {
    assert.deepEqual(cleaned('ecr', 'et"\r\n+WSHEAD:1,"A: b"\r\n'), [
      '***',
      '**"\r\n+WSHEAD:1,"A: *"\r\n',
    ]);
    const whole = '+CWSTATE:2,"home"\r\n';
    assert.deepEqual(cleaned(whole), [whole]);
  });

  it('replaces the rest of a secret that has begun in dropped records, line ends in it included', () => {
    for (const [rest, clean] of [
      ['ecret"\r\n\r\nOK\r\n', '*****"\r\n\r\nOK\r\n'],
      ['a"b\r\nKey: c', '*,*\r\n******'],
      ['a\r\nKey: c"\r\n+WSHEAD:1,"A: b"\r\n', '*\r\n******"\r\n+WSHEAD:1,"A: *"\r\n'],
      ['ecret!\r\n+WSHEAD:1,"A: b"\r\n', '******\r\n+WSHEAD:1,"A: *"\r\n'],
      ['ter@h/"\r\n+WSOPEN:1,2,"ws://h/"\r\n', '******"\r\n+WSOPEN:1,2,"ws://h/"\r\n'],
      ['EAD:0,"Key: c"\r\n', '*****,,******"\r\n'],
    ] as const)
      assert.deepEqual(cleanedBehindDropped(rest), [clean]);
    assert.deepEqual(cleanedBehindDropped('ecr', 'et"\r\nOK'), ['***', '**"\r\nOK']);
  });

  it('keeps what begins with a line of the device behind dropped records, and all behind a snapshot', () => {
    for (const whole of [
      '+WS_DATA:0,9,ws://a:b@c\r\n',
      '\r\nOK\r\nready\r\n',
      '\r\nSEND OK\r\nready\r\n',
      '"\r\n\r\nOK\r\n',
    ])
      assert.deepEqual(cleanedBehindDropped(whole), [whole]);
    const lines = [device('ready\r\n'), snapshot, device('ready\r\n')];
    const said = saidOf(withoutForeignSecrets(lines, true));
    assert.deepEqual(said, ['*****\r\n', 'ready\r\n']);
  });

  it('replaces what stands before and behind an omitted record, which may hold the middle of a secret', () => {
    const omitted: RecordingLine = { at: 0, omitted: 100 };
    for (const [before, behind, ...clean] of [
      ['+WSHEAD:0,"A: sec', 'ret"\r\n', '+WSHEAD:0,"A: ***', '***"\r\n'],
      ['+WSOPEN:0,2,"ws://a:b', '/"\r\n\r\nOK\r\n', '+WSOPEN:0,2,"ws://*:*', '*"\r\n\r\nOK\r\n'],
      ['\r\nOK\r\n', 'ecret"\r\n', '\r\nOK\r\n', '*****"\r\n'],
    ] as const) {
      const lines: RecordingLine[] = [device(before), omitted, device(behind)];
      assert.deepEqual(saidOf(withoutForeignSecrets(lines, false)), clean);
    }
  });

  it('replaces a secret that a lost port cuts, and the rest of one at the next opening', () => {
    const opening: RecordingLine = { at: 0, port: 'opening' };
    for (const [before, behind, ...clean] of [
      ['+WSOPEN:0,2,"ws://a:b', '\r\nready\r\n', '+WSOPEN:0,2,"ws://*:*', '\r\nready\r\n'],
      ['+WSHEAD:0,"A: b', 'ready\r\n', '+WSHEAD:0,"A: *', 'ready\r\n'],
      ['ready\r\n', 'ecret"\r\n', 'ready\r\n', '*****"\r\n'],
    ] as const) {
      const lines: RecordingLine[] = [opening, device(before), opening, device(behind)];
      assert.deepEqual(saidOf(withoutForeignSecrets(lines, false)), clean);
    }
  });

  it('replaces user and password of a URI that a restart cuts, and a header that has lost its colon', () => {
    assert.deepEqual(cleaned('+WSOPEN:0,2,"ws://bob:hun\r\nready\r\n'), [
      '+WSOPEN:0,2,"ws://***:***\r\nready\r\n',
    ]);
    assert.deepEqual(cleaned('+WSHEAD:0,"Authocret"\r\n+WSHEAD:1,"A:"\r\n\r\nOK\r\n'), [
      '+WSHEAD:0,"*********"\r\n+WSHEAD:1,"A:"\r\n\r\nOK\r\n',
    ]);
  });

  it('shows no rest of a listed header whose beginning the recorder has dropped', () => {
    const recorder = new DeviceRecorder({ port, clock: new VirtualClock() }, 1024);
    const value = `${'line\r\n'.repeat(200)}Authorization: Bearer abc`;
    const listed = `+WSHEAD:0,"X: ${value}"\r\n\r\nOK\r\n`;
    for (const [chunk = ''] of listed.matchAll(/[^]{1,64}/g)) recorder.received(Buffer.from(chunk));
    recorder.endTurn();
    assert.ok(recorder.start > 0);
    const text = recorder.text('title', undefined);
    assert.match(text, /\*{23}\\"\\r\\n\\r\\nOK/);
    assert.doesNotMatch(text, /line|Auth|abc/);
  });

  it('changes no byte without them', () => {
    const said = ['+WS_DATA:0,9,ws://a:b@c\r\n', 'ATE0\r\n\r\nOK\r\n', '\xff\x00'];
    assert.deepEqual(cleaned(...said), said);
  });
});
