import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { uartCur, uartQuery } from '../../../driver/commands/uart';
import { refused, unchecked } from '../../harness/refused';

describe('UART commands', () => {
  it('set the baud rate within the range of the firmware', () => {
    assert.equal(uartCur(921_600, 'none').line, 'AT+UART_CUR=921600,8,1,0,0');
    assert.equal(uartCur(80, 'both').line, 'AT+UART_CUR=80,8,1,0,3');
    assert.equal(uartCur(5_000_000, 'rts').line, 'AT+UART_CUR=5000000,8,1,0,1');
    assert.equal(uartCur(115_200, 'none').idempotent, false);
    for (const rate of [79, 5_000_001, 9600.5, NaN, unchecked('9600')]) {
      refused('INVALID_SETTING', () => uartCur(rate, 'none'));
    }
  });

  it('read the baud rate back', () => {
    assert.equal(uartQuery.line, 'AT+UART_CUR?');
    assert.deepEqual(uartQuery.parse(['+UART_CUR:115207,8,1,0,3']), {
      rate: 115_207,
      flowControl: 'both',
    });
    assert.deepEqual(uartQuery.parse(['+UART_CUR:9600,8,1,0,0']), {
      rate: 9600,
      flowControl: 'none',
    });
    assert.equal(uartQuery.parse(['+UART_CUR:9600,8']), undefined);
    assert.equal(uartQuery.parse([]), undefined);
  });
});
