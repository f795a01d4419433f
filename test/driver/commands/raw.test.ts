import assert from 'node:assert/strict';
import { it } from 'node:test';
import { rawCommand } from '../../../driver/commands/raw';
import { EspAtError } from '../../../driver/errors';
import { refused } from '../../harness/refused';
import { test } from '../at/client-harness';

it('a raw command is idempotent where it is a query or a test, not where a value ends in a question mark', () => {
  const lines = ['AT+CWJAP?', 'AT+CWJAP=?', 'AT+CIPSTART="TCP","host",80,?', 'AT+CIPSTATUS', 'AT'];
  assert.deepEqual(
    lines.map((line) => rawCommand(line).idempotent),
    [true, true, false, false, false],
  );
});

it('a raw command that brings raw bytes of a peer is refused: the parser would find lines in them', () => {
  for (const line of ['AT+CIPRECVDATA=0,100', 'AT+MQTTSUB=0,"topic",1', 'AT+BLUFI=1'])
    assert.equal(
      refused('INVALID_COMMAND', () => rawCommand(line)).details.reason,
      'RESERVED_COMMAND',
    );
  assert.ok(rawCommand('AT+CIPRECVMODE=1'));
});

it('a raw command that prompts for a payload, or that shortens the lines of a scan, is refused', () => {
  for (const line of [
    'AT+DRVI2CWRDATA=0,52,8',
    'AT+drvspiwr=8',
    'AT+BLUFISEND=4',
    'AT+CIPSEND=4',
    'AT+CWLAPOPT=1,7',
  ])
    assert.equal(
      refused('INVALID_COMMAND', () => rawCommand(line)).details.reason,
      'RESERVED_COMMAND',
    );
  for (const line of ['AT+DRVI2CWRBYTES=0,52,1,8', 'AT+DRVSPIRD=8', 'AT+CWLAP'])
    assert.ok(rawCommand(line));
});

for (const [line, lines, end] of [
  ['AT+CIPSTATUS', ['STATUS:2', '+CIPSTATUS:0,"TCP","10.0.0.1",80,5000,0'], 'OK'],
  ['AT+CIPSTART="TCP","10.0.0.1",80', ['ALREADY CONNECTED'], 'ERROR'],
] as const)
  test(`${line} returns ${lines[0]} as a response, which means no lost data while a link is connected`, async (harness) => {
    const outcome = harness.client
      .run(rawCommand(line))
      .catch((error: unknown) => error instanceof EspAtError && error.details);
    harness.receive(`${lines.join('\r\n')}\r\n\r\n${end}\r\n`);
    const refusal = { command: 'AT+CIPSTART', reason: `: ${lines[0]}`, waitedMs: 0 };
    assert.deepEqual(await outcome, end === 'OK' ? lines : refusal);
    assert.deepEqual([harness.client.state, harness.events, harness.losses], ['idle', [], 0]);
  });
