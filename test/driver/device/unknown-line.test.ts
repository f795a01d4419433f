import assert from 'node:assert/strict';
import { it } from 'node:test';
import { shownLine } from '../../../driver/device/session/device-session';

it('an unknown line is shown only up to the part that may hold a secret', () => {
  for (const [line, shown] of [
    ['+NEWS', '+NEWS'],
    ['+NEWS:1,-60,0.5', '+NEWS:1,-60,0.5'],
    ['+STA_CONNECTED:"7c:df:a1:e6:d1:10"', '+STA_CONNECTED (34 bytes)'],
    ['+NEWS:word', '+NEWS (10 bytes)'],
    [`+NEWS:${'1'.repeat(100)}`, '+NEWS (106 bytes)'],
    ['X-Key: secret', '(13 bytes)'],
    ['secret', '(6 bytes)'],
    ['AT+CWJAP=home,12345678', '(22 bytes)'],
  ] as const) {
    assert.equal(shownLine(line), shown);
  }
});
