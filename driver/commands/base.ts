import type { Response, Command } from '../at/command';
import { build, query, type Query } from './build';

/** Prefixes of the information responses to `AT+GMR`. */
export const VERSION_PREFIXES = [
  'AT version:',
  'SDK version:',
  'compile time',
  'Bin version:',
] as const;

/** `ATE0`: switches echo off: an echo would interleave with URCs. A restart switches echo on again. */
export const echoOff = build('ATE0', { idempotent: true });
export const echoOn = build('ATE1', { idempotent: true });

/** `AT+RST`: restarts the device, after its `OK`. */
export const restart = build('AT+RST');

export const version = build('AT+GMR', { informationPrefixes: VERSION_PREFIXES, idempotent: true });

/** Returns the AT version; without one the first line, or empty. */
export function parseVersion(response: Response): string {
  const [prefix] = VERSION_PREFIXES;
  const line = response.find((each) => each.startsWith(prefix));
  return line?.slice(prefix.length) ?? response[0] ?? '';
}

/**
 * `AT+CMD?`: lists the firmware's commands, `AT+WSOPEN` for example. Old firmware refuses it. A gap in the numbering makes
 * the list corrupt: a command must not seem absent.
 */
export const commandList: Query<string[]> = {
  ...query('CMD', 5000),
  parse: (response) => {
    const names = response.map((line, index) => {
      const [, number, name] = /^\+CMD:(\d+),"([^"]+)",[01],[01],[01],[01]$/.exec(line) ?? [];
      return Number(number) === index ? name : undefined;
    });
    return names.every((name) => name !== undefined) ? names : undefined;
  },
};

/** `AT+SYSSTORE`: sets whether the device writes later settings to its flash. */
export function sysStore(store: boolean): Command {
  return build(`AT+SYSSTORE=${store ? 1 : 0}`, { idempotent: true });
}
