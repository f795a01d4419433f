import type { Response, Command } from '../at/command';
import { build, corruptResponse, query } from './build';

/** Prefixes of the information responses to `AT+GMR`. */
export const VERSION_PREFIXES = [
  'AT version:',
  'SDK version:',
  'compile time',
  'Bin version:',
] as const;

/** `ATE0`: switches echo off, which would interleave with URCs. A restart switches it on again. */
export function echoOff(): Command {
  return build('ATE0', { idempotent: true });
}

/** `ATE1`: switches echo on. */
export function echoOn(): Command {
  return build('ATE1', { idempotent: true });
}

/** `AT+RST`: restarts the device, after its `OK`. */
export function restart(): Command {
  return build('AT+RST');
}

/** `AT+GMR`: queries the firmware's version text. */
export function version(): Command {
  return build('AT+GMR', { informationPrefixes: VERSION_PREFIXES, idempotent: true });
}

/** Parses the response to {@link version}; returns the AT version for display, empty where there is none. */
export function parseVersion(response: Response): string {
  const [prefix] = VERSION_PREFIXES;
  const line = response.find((each) => each.startsWith(prefix));
  return line?.slice(prefix.length) ?? response[0] ?? '';
}

/** `AT+CMD?`: lists the firmware's commands. Old firmware refuses it. */
export function commandList(): Command {
  return query('CMD', 5000);
}

/**
 * Parses the response to {@link commandList}; returns names such as `AT+WSOPEN`.
 * @throws EspAtError `OUT_OF_SYNC` when a line is corrupt or missing: a command must not seem absent
 */
export function parseCommandList(response: Response): string[] {
  let index: number | undefined;
  return response.map((line) => {
    const parts = /^\+CMD:(\d+),"([^"]+)",[01],[01],[01],[01]$/.exec(line);
    const [, number, name] = parts ?? [];
    if (name === undefined || (index !== undefined && Number(number) !== index + 1)) {
      throw corruptResponse('AT+CMD?');
    }
    index = Number(number);
    return name;
  });
}

/** `AT+SYSSTORE`: sets whether the device writes later settings to its flash. */
export function sysStore(store: boolean): Command {
  return build(`AT+SYSSTORE=${store ? 1 : 0}`, { idempotent: true });
}
