import assert from 'node:assert/strict';
import { it } from 'node:test';
import { rawCommand } from '../../../driver/commands/raw';

it('a raw command is idempotent where it is a query or a test, not where a value ends in a question mark', () => {
  const lines = ['AT+CWJAP?', 'AT+CWJAP=?', 'AT+CIPSTART="TCP","host",80,?', 'AT+CIPSTATUS', 'AT'];
  assert.deepEqual(
    lines.map((line) => rawCommand(line).idempotent),
    [true, true, false, false, false],
  );
});
