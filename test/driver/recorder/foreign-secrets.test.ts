import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutForeignSecrets } from '../../../driver/recorder/foreign-secrets';
import type { RecordingLine } from '../../../driver/recorder/lines';

/** Returns what the device says in chunks, without secrets. */
function cleaned(...chunks: readonly string[]): string[] {
  const lines = chunks.flatMap((device, at): RecordingLine[] => [
    { at, device },
    { at, host: 'AT\r\n' },
  ]);
  return withoutForeignSecrets(lines).flatMap((line) => ('device' in line ? line.device : []));
}

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

  it('changes no byte without them', () => {
    const said = ['+WS_DATA:0,9,ws://a:b@c\r\n', 'ATE0\r\n\r\nOK\r\n', '\xff\x00'];
    assert.deepEqual(cleaned(...said), said);
  });
});
