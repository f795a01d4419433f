import { tryRun, type Command, type Run } from '../../../at/command';
import type { LinkId } from '../../../at/types';
import { commandList, parseVersion, version } from '../../../commands/base';
import { runOptionalQuery } from '../../../commands/run-query';
import { wscfgProbe } from '../../../commands/wscfg';
import { wsheadQuery } from '../../../commands/wshead';
import { wsopenQuery } from '../../../commands/wsopen';
import { wsdatafmt } from '../../../commands/wssend';
import { EspAtError } from '../../../errors';
import type { FirmwareClass, Capabilities } from '../../../commands/capabilities';

/** A firmware that the driver has identified. */
export interface KnownFirmware {
  readonly capabilities: Capabilities;
  /** The whole response to `AT+GMR`, with the compile time: it identifies the build. */
  readonly versionText: string;
}

/** Capabilities of each firmware class. Class D doubles the limits of `AT+WSSEND` and `AT+WSCFG`. */
export function capabilitiesOf(firmware: FirmwareClass, version: string): Capabilities {
  const size = firmware === 'D' ? 16_384 : 8192;
  return {
    firmware,
    version,
    headers: firmware !== 'A',
    authentication: firmware === 'C' || firmware === 'D',
    fragments: firmware === 'D',
    firstMessage: firmware === 'C' || firmware === 'D' ? 'heldBack' : 'lost',
    losesFraming: firmware === 'A' || firmware === 'B',
    maxSend: size,
    misframes: firmware === 'B' && /\b4\.0\.0\.0\b/.test(version),
    maxBuffer: size,
  };
}

/** Identifies the firmware, unless it still is the known one. @param link a closed link @throws EspAtError `NO_WEBSOCKET` */
export async function identify(
  run: Run,
  known?: KnownFirmware,
  link: LinkId = 0,
): Promise<KnownFirmware> {
  const response = await run(version);
  const versionText = response.join('\n');
  if (known?.versionText === versionText) return known;
  return { versionText, capabilities: await findCapabilities(run, parseVersion(response), link) };
}

/** Detects the class by its commands, never by its version text: unreleased firmware has the text of a release. */
async function findCapabilities(run: Run, text: string, link: LinkId): Promise<Capabilities> {
  // Old firmware cannot list its commands.
  const commands = new Set(await runOptionalQuery(run, commandList));
  // A corrupt name must not make a command seem absent: tries each command that is not listed.
  const has = async (name: string, trial: Command) =>
    commands.has(name) || (await accepts(run, trial));
  if (!(await has('AT+WSOPEN', wsopenQuery))) throw new EspAtError('NO_WEBSOCKET');
  if (await has('AT+WSDATAFMT', wsdatafmt(link))) return capabilitiesOf('D', text);
  if (!(await has('AT+WSHEAD', wsheadQuery))) return capabilitiesOf('A', text);
  // B and C have the same commands; only C takes a fifth parameter here. No list confirms a refusal: the port may have
  // corrupted the command.
  const probe = wscfgProbe(link);
  const isC = (await accepts(run, probe)) || (await accepts(run, probe));
  return capabilitiesOf(isC ? 'C' : 'B', text);
}

async function accepts(run: Run, command: Command): Promise<boolean> {
  return (await tryRun(run, command)) !== undefined;
}
