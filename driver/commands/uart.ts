import type { Command } from '../at/command';
import { MAX_RATE, MIN_RATE } from '../values/port-address';
import { build, query, type Query } from './build';
import { checkSetting } from './check';

/**
 * Handshake lines that the device uses. `rts`: it drives RTS, the default of the firmware. `cts`: it waits for CTS.
 * A device that waits for CTS in vain sends nothing until it is reset.
 */
export type FlowControl = 'none' | 'rts' | 'cts' | 'both';

/** Whether the device drives RTS: only then does CTS at the host tell whether the wires are connected. */
export const drivesRts = (flowControl: FlowControl | undefined): boolean =>
  flowControl === 'rts' || flowControl === 'both';

/** In the order of the numbers in `AT+UART_CUR`. */
const FLOW_CONTROLS: readonly FlowControl[] = ['none', 'rts', 'cts', 'both'];

/**
 * `AT+UART_CUR`: sets the baud rate until the next restart. The device sends OK at the old rate, then switches. Not
 * idempotent: a repetition would go out at the wrong rate. @throws EspAtError `INVALID_SETTING`
 */
export function uartCur(rate: number, flowControl: FlowControl): Command {
  const checked = checkSetting('rate', rate, MIN_RATE, MAX_RATE);
  return build(`AT+UART_CUR=${checked},8,1,0,${FLOW_CONTROLS.indexOf(flowControl)}`);
}

/** Setting of the device's UART. */
export interface UartSetting {
  /** Bits a second. */
  readonly rate: number;
  readonly flowControl: FlowControl;
}

/** `AT+UART_CUR?`: queries the setting. The rate follows from the UART's divider, slightly off the set rate. */
export const uartQuery: Query<UartSetting> = {
  ...query('UART_CUR'),
  parse: ([line = '']) => {
    const [, rate, number] = /^\+UART_CUR:(\d+),\d+,\d+,\d+,([0-3])$/.exec(line) ?? [];
    const flowControl = FLOW_CONTROLS[Number(number)];
    return flowControl && { rate: Number(rate), flowControl };
  },
};
