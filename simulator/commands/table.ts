import type { Command, CommandGroup, CommandTable } from '../at/command';
import type { Board } from '../device/board';
import { baseCommands } from './base';
import { manufacturingCommands } from './manufacturing';
import { commandNames } from './names';
import { sntpCommands } from './sntp';
import { systemCommands } from './system';
import { uartCommands } from './uart';
import { websocketCommands } from './websocket';
import { wifiCommands } from './wifi';

/**
 * The commands of a device. `AT+CMD?` also lists commands without a handler (TCP, SSL, soft access point …), which
 * answer ERROR.
 */
export function commandTable(board: Board): CommandTable {
  const table = new Map<string, Command>();
  const handlers: CommandGroup = {
    ...baseCommands(board, table),
    ...systemCommands(board),
    ...manufacturingCommands(board),
    ...uartCommands(board),
    ...wifiCommands(board),
    ...sntpCommands(board),
    ...websocketCommands(board),
  };
  for (const [name, forms] of commandNames(board.firmware))
    table.set(name, { name, forms, ...handlers[name] });
  return table;
}
