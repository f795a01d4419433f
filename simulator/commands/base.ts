import type { CommandTable, CommandGroup } from '../at/command';
import type { Board } from '../device/board';
import { okAfter, lines } from './answers';

/** `AT`, echo, restart, versions and the list of commands. */
export function baseCommands(board: Board, table: CommandTable): CommandGroup {
  const setEcho = (echo: boolean) => okAfter(() => (board.settings.echo = echo));
  return {
    AT: { execute: okAfter() },
    ATE0: { execute: setEcho(false) },
    ATE1: { execute: setEcho(true) },
    'AT+RST': {
      execute: (response) => response.ok(board.restartWhenSent),
      set: (response, parameters) => {
        parameters.atMost(1);
        // As recorded, AT+RST=1 restarts without OK.
        if (parameters.number(0, 0, 1) === 0) response.ok(board.restartWhenSent);
        else board.restartWhenSent();
      },
    },
    'AT+RESTORE': {
      execute: (response) => {
        if (board.firmware.leavesNetworkOnRestore) board.station.leave();
        response.ok(board.restore);
      },
    },
    'AT+GMR': {
      execute: lines(() => board.firmware.version),
    },
    'AT+CMD': {
      query: lines(() =>
        [...table.values()].map(({ name, forms }, index) => {
          const flags = ['q', 's', 'x'].map((form) => (forms.includes(form) ? 1 : 0));
          return `+CMD:${index},"${name}",0,${flags.join()}`;
        }),
      ),
    },
  };
}
