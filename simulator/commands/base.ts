import type { CommandResponse, CommandTable } from '../at/command';
import type { Board } from '../device/board';
import type { CommandGroup } from './table';

/** `AT`, echo, restart, versions and the list of commands. */
export function baseCommands(board: Board, table: CommandTable): CommandGroup {
  const setEcho = (echo: boolean) => (response: CommandResponse) => {
    board.settings.echo = echo;
    response.ok();
  };
  return {
    AT: { execute: (response) => response.ok() },
    ATE0: { execute: setEcho(false) },
    ATE1: { execute: setEcho(true) },
    'AT+RST': {
      execute: (response) => {
        response.ok();
        board.restartWhenSent();
      },
      set: (response, parameters) => {
        parameters.atMost(1);
        if (parameters.number(0, 0, 1) === 0) response.ok();
        board.restartWhenSent();
      },
    },
    'AT+RESTORE': {
      execute: (response) => {
        if (board.firmware.leavesNetworkOnRestore) board.station.leave();
        response.ok();
        board.restore();
      },
    },
    'AT+GMR': {
      execute: (response) => {
        for (const line of board.firmware.version) response.line(line);
        response.ok();
      },
    },
    'AT+CMD': {
      query: (response) => {
        [...table.values()].forEach(({ name, forms }, index) => {
          const flags = ['q', 's', 'x'].map((form) => (forms.includes(form) ? 1 : 0));
          response.line(`+CMD:${index},"${name}",0,${flags.join()}`);
        });
        response.ok();
      },
    },
  };
}
