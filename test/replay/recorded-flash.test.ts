import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordedFlash } from '../../replay/recorded-flash';

test('a text that the driver reads again, but not to its end, stays whole in the flash', () => {
  const read = (offset: number, text: string) => [
    { at: 0, host: `AT+SYSMFG=1,"client_ca","client_ca.0",${offset},4\r\n` },
    { at: 0, device: `+SYSMFG:"client_ca","client_ca.0",8,${text.length},${text}\r\n\r\nOK\r\n` },
  ];
  const lines = [...read(0, 'abcd'), ...read(4, 'ef'), ...read(0, 'abcd')];
  assert.deepEqual(
    recordedFlash(lines).map(({ text }) => text),
    ['abcdef'],
  );
});
