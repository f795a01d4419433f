import type { CommandResponse, CommandGroup } from '../at/command';
import type { Parameters } from '../at/parameters';
import type { Board } from '../device/board';
import { defaultUartSettings, type UartSettings } from '../serial/uart';
import { lines } from './answers';

/**
 * `AT+UART_CUR` lasts until a restart; `AT+UART_DEF` and `AT+UART` also set the flash; `AT+UART?` shows the current
 * settings, `AT+UART_DEF?` those in flash.
 */
export function uartCommands(board: Board): CommandGroup {
  const set = (stored: boolean) => (response: CommandResponse, parameters: Parameters) => {
    const settings = read(parameters);
    response.ok(() => {
      board.settings.uart = settings;
      if (stored) board.flash.uart = settings;
      // The OK leaves with the old settings, also when it waits for room in the transmit ring.
      board.output.whenFlushed(() => board.uart.configure(settings));
    });
  };
  const query = (name: string, settings: () => UartSettings) =>
    lines(() => {
      const { rate, dataBits, stopBits, parity, flowControl } = settings();
      return `+${name}:${[rate, dataBits, stopBits, parity, flowControl].join()}`;
    });
  const current = () => board.settings.uart;
  const stored = () => storedUartSettings(board);
  return {
    'AT+UART': { query: query('UART', current), set: set(true) },
    'AT+UART_CUR': { query: query('UART_CUR', current), set: set(false) },
    'AT+UART_DEF': { query: query('UART_DEF', stored), set: set(true) },
  };
}

/** The settings after a start. */
export const storedUartSettings = ({ flash }: Pick<Board, 'flash'>): UartSettings =>
  flash.uart ?? defaultUartSettings;

function read(parameters: Parameters): UartSettings {
  parameters.atMost(5);
  return {
    rate: parameters.number(0, 80, 5_000_000),
    dataBits: parameters.number(1, 5, 8),
    stopBits: parameters.number(2, 1, 3),
    parity: parameters.number(3, 0, 2),
    flowControl: parameters.number(4, 0, 3),
  };
}
