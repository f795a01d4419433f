import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordingLine } from '../../driver/recorder/lines';
import { recordedFlash } from '../../replay/recorded-flash';

const textsOf = (lines: readonly RecordingLine[]) => recordedFlash(lines).map(({ text }) => text);

test('a text that the driver reads again, but not to its end, stays whole in the flash', () => {
  const read = (offset: number, text: string) => [
    { at: 0, host: `AT+SYSMFG=1,"client_ca","client_ca.0",${offset},4\r\n` },
    { at: 0, device: `+SYSMFG:"client_ca","client_ca.0",8,${text.length},${text}\r\n\r\nOK\r\n` },
  ];
  const lines = [...read(0, 'abcd'), ...read(4, 'ef'), ...read(0, 'abcd')];
  assert.deepEqual(textsOf(lines), ['abcdef']);
});

test('the certificate of a link is in the flash where data of another link follows the OK, and not after an ERROR', () => {
  const configured = (result: string) => [
    { at: 0, host: 'AT+WSCFG=0,30,10,16384,2,0,5\r\n' },
    { at: 0, device: `\r\n${result}\r\n+WS_DATA:1,6,\r\nOK\r\n\r\n` },
  ];
  assert.deepEqual(textsOf(configured('OK')), ['-']);
  assert.deepEqual(textsOf(configured('ERROR')), []);
});

test('a text that the driver reads is in the flash where the write before it has failed, and not where it has succeeded', () => {
  const written = (result: string) => [
    { at: 0, host: 'AT+SYSMFG=2,"wss_ca","wss_ca.0",8,3\r\n' },
    { at: 0, device: '\r\nOK\r\n\r\n>' },
    { at: 0, host: 'new' },
    { at: 0, device: `\r\n${result}\r\n` },
    { at: 0, host: 'AT+SYSMFG=1,"wss_ca","wss_ca.0",0,512\r\n' },
    { at: 0, device: '+SYSMFG:"wss_ca","wss_ca.0",8,3,old\r\n\r\nOK\r\n' },
  ];
  assert.deepEqual(textsOf(written('ERROR')), ['old']);
  assert.deepEqual(textsOf(written('OK')), []);
});
