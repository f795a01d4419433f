import { refusable, type Run } from './at/command';
import { commandList, parseCommandList, parseVersion, version } from './commands/base';
import { wscfgProbe, wsheadQuery, wsdatafmt, wsopenQuery } from './commands/websocket';
import type { Capabilities, FirmwareClass } from './device-types';
import { EspAtError, isRefusal } from './errors';

/** What each class of firmware can do; `AT+WSSEND` and `AT+WSCFG` of class D take twice as much. */
export function capabilitiesOf(firmware: FirmwareClass, version: string): Capabilities {
  const size = firmware === 'D' ? 16_384 : 8192;
  return {
    firmware,
    version,
    headers: firmware !== 'A',
    authentication: firmware === 'C' || firmware === 'D',
    fragments: firmware === 'D',
    maxSend: size,
    misframes: firmware === 'B' && /\b4\.0\.0\.0\b/.test(version),
    maxBuffer: size,
  };
}

/**
 * Finds out what the firmware can do, by its commands and never by its version text: released and
 * unreleased firmware call themselves the same. All links must be closed.
 * @throws EspAtError `NO_WEBSOCKET`
 */
export async function findCapabilities(run: Run): Promise<Capabilities> {
  const commands = await listCommands(run);
  const text = parseVersion(await run(version()));
  if (!commands.has('AT+WSOPEN')) throw new EspAtError('NO_WEBSOCKET');
  if (commands.has('AT+WSDATAFMT')) return capabilitiesOf('D', text);
  if (!commands.has('AT+WSHEAD')) return capabilitiesOf('A', text);
  // B and C have the same commands; only C takes a fifth parameter here.
  return capabilitiesOf((await accepts(run, wscfgProbe(0))) ? 'C' : 'B', text);
}

async function listCommands(run: Run): Promise<ReadonlySet<string>> {
  try {
    return new Set(parseCommandList(await run(refusable(commandList()))));
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
  // Old firmware has no AT+CMD?: ask for each by name.
  const found = new Set<string>();
  if (await accepts(run, wsopenQuery())) found.add('AT+WSOPEN');
  if (await accepts(run, wsheadQuery())) found.add('AT+WSHEAD');
  if (await accepts(run, wsdatafmt(0))) found.add('AT+WSDATAFMT');
  return found;
}

async function accepts(run: Run, command: Parameters<Run>[0]): Promise<boolean> {
  try {
    await run(refusable(command));
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}
