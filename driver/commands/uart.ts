import type { Response, Command } from '../at/command';
import { build, damaged, query } from './build';
import { checkSetting } from './check';

const BOTH_WAYS = 3;

/**
 * `AT+UART_CUR`: another rate until the next restart. The OK comes at the old rate, then the device
 * switches; said a second time, it would be said at the wrong rate.
 * @param rate bits a second, 80 to 5,000,000
 * @param flowControl RTS and CTS
 * @throws EspAtError `INVALID_SETTING`
 */
export function uartCur(rate: number, flowControl: boolean): Command {
  const checked = checkSetting('rate', rate, 80, 5_000_000);
  return build(`AT+UART_CUR=${checked},8,1,0,${flowControl ? BOTH_WAYS : 0}`);
}

/** `AT+UART_CUR?`: how the line is set at present. */
export function uartQuery(): Command {
  return query('UART_CUR');
}

/**
 * The answer to {@link uartQuery}. The device says what its divider gives: a rate slightly off the one set.
 * @throws EspAtError `OUT_OF_SYNC`
 */
export function parseUart(answer: Response): {
  readonly rate: number;
  readonly flowControl: boolean;
} {
  const parts = /^\+UART_CUR:(\d+),\d+,\d+,\d+,([0-3])$/.exec(answer[0] ?? '');
  if (!parts) throw damaged('AT+UART_CUR?');
  return { rate: Number(parts[1]), flowControl: Number(parts[2]) === BOTH_WAYS };
}
