import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wsclose } from '../../../driver/commands/wsopen';
import { wsdatafmt, wssend } from '../../../driver/commands/wssend';
import type { ErrorCode } from '../../../driver/errors';
import { refused, unchecked } from '../../harness/refused';

describe('AT+WSSEND', () => {
  const send = (length: number, options?: Parameters<typeof wssend>[2]) =>
    wssend(0, Buffer.alloc(length), options).line;

  it('omits trailing parameters with default values', () => {
    assert.equal(send(5), 'AT+WSSEND=0,5');
    assert.equal(send(5, { opcode: 1, timeoutMs: 10_000, fin: true }), 'AT+WSSEND=0,5');
    assert.equal(send(5, { opcode: 2 }), 'AT+WSSEND=0,5,2');
    assert.equal(send(5, { timeoutMs: 0 }), 'AT+WSSEND=0,5,1,0');
    assert.equal(send(5, { fin: false }), 'AT+WSSEND=0,5,1,10000,0');
    assert.equal(send(5, { opcode: 0, timeoutMs: 7, fin: false }), 'AT+WSSEND=0,5,0,7,0');
  });

  it('expects no prompt for an empty message', () => {
    const command = wssend(1, Buffer.alloc(0));
    assert.equal(command.line, 'AT+WSSEND=1,0');
    assert.equal(command.payload, undefined);
    assert.equal(command.success, 'SEND OK');
  });

  it('passes the payload unchanged, and is not idempotent', () => {
    const payload = Buffer.from('\r\nOK\r\n>\0');
    const command = wssend(1, payload);
    assert.equal(command.payload, payload);
    assert.equal(command.idempotent, false);
    assert.equal(command.name, 'AT+WSSEND=1');
    assert.ok(wssend(0, payload, { timeoutMs: 60_000 }).timeoutMs > 60_000 + 10_000);
  });

  it('refuses an invalid message with the outcome not-sent', () => {
    const wrong: [ErrorCode, () => unknown][] = [
      ['INVALID_OPCODE', () => send(1, { opcode: 16 })],
      ['INVALID_OPCODE', () => send(1, { opcode: -1 })],
      ['INVALID_OPCODE', () => send(1, unchecked({ opcode: 'text' }))],
      ['INVALID_TIMEOUT', () => send(1, { timeoutMs: 60_001 })],
      ['INVALID_TIMEOUT', () => send(1, { timeoutMs: -1 })],
      ['INVALID_PAYLOAD', () => send(126, { opcode: 9 })],
      ['INVALID_PAYLOAD', () => send(1, { opcode: 9, fin: false })],
      ['INVALID_PAYLOAD', () => send(1, unchecked({ fin: 1 }))],
    ];
    for (const [code, action] of wrong) assert.equal(refused(code, action).outcome, 'not-sent');
    assert.equal(send(16_384), 'AT+WSSEND=0,16384');
    assert.equal(send(125, { opcode: 10 }), 'AT+WSSEND=0,125,10');
  });
});

it('AT+WSCLOSE and AT+WSDATAFMT are idempotent', () => {
  assert.equal(wsclose(2).line, 'AT+WSCLOSE=2');
  assert.equal(wsclose(2).idempotent, true);
  assert.ok(wsclose(2).timeoutMs > 14_000);
  assert.equal(wsdatafmt(1).line, 'AT+WSDATAFMT=1,0,55');
  assert.equal(wsdatafmt(1).idempotent, true);
});
