import type { Response, Command } from '../at/command';
import { build, damaged, query } from './build';
import { checkSetting } from './check';

const BOTH_WAYS = 3;

/**
 * `AT+UART_CUR`: sets the baud rate until the next restart. The device sends OK at the old rate, then switches. The
 * command is not idempotent: a repetition would go out at the wrong rate.
 * @param rate bits a second, 80 to 5,000,000
 * @param flowControl RTS/CTS
 * @throws EspAtError `INVALID_SETTING`
 */
export function uartCur(rate: number, flowControl: boolean): Command {
  const checked = checkSetting('rate', rate, 80, 5_000_000);
  return build(`AT+UART_CUR=${checked},8,1,0,${flowControl ? BOTH_WAYS : 0}`);
}

/** `AT+UART_CUR?`: queries the UART's settings. */
export function uartQuery(): Command {
  return query('UART_CUR');
}

/**
 * Parses the response to {@link uartQuery}. Its rate follows from the UART's divider, slightly off the set rate.
 * @throws EspAtError `OUT_OF_SYNC`
 */
export function parseUart(response: Response): {
  readonly rate: number;
  readonly flowControl: boolean;
} {
  const parts = /^\+UART_CUR:(\d+),\d+,\d+,\d+,([0-3])$/.exec(response[0] ?? '');
  if (!parts) throw damaged('AT+UART_CUR?');
  return { rate: Number(parts[1]), flowControl: Number(parts[2]) === BOTH_WAYS };
}
