import type { Response, Command } from '../at/command';
import { build, damaged, query } from './build';

/** `ATE0`: no echo, which would come interleaved with reports. Echo is on again after a restart. */
export function echoOff(): Command {
  return build('ATE0', { idempotent: true });
}

/** `AT+GMR`: what firmware this is, in words. */
export function version(): Command {
  const informationResponses = ['AT version:', 'SDK version:', 'compile time', 'Bin version:'];
  return build('AT+GMR', { informationResponses, idempotent: true });
}

/** The AT version of an answer to {@link version}, for people; empty when there is none. */
export function parseVersion(answer: Response): string {
  const start = 'AT version:';
  const line = answer.find((each) => each.startsWith(start));
  return line?.slice(start.length) ?? answer[0] ?? '';
}

/** `AT+CMD?`: all commands of this firmware; old firmware does not know it (ERROR). */
export function commandList(): Command {
  return query('CMD', 5000);
}

/**
 * The names in an answer to {@link commandList}, for example `AT+WSOPEN`.
 * @throws EspAtError `OUT_OF_SYNC` when a line is damaged or missing: a command must not seem absent
 */
export function parseCommandList(answer: Response): string[] {
  let index: number | undefined;
  return answer.map((line) => {
    const parts = /^\+CMD:(\d+),"([^"]+)",[01],[01],[01],[01]$/.exec(line);
    const [, number, name] = parts ?? [];
    if (name === undefined || (index !== undefined && Number(number) !== index + 1)) {
      throw damaged('AT+CMD?');
    }
    index = Number(number);
    return name;
  });
}

/** `AT+SYSSTORE`: whether settings made from now on are written to the device's flash. */
export function sysStore(store: boolean): Command {
  return build(`AT+SYSSTORE=${store ? 1 : 0}`, { idempotent: true });
}
