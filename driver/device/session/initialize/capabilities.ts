import { expectingError, type Command, type Run } from '../../../at/command';
import type { LinkId } from '../../../at/types';
import { commandList, parseCommandList, parseVersion, version } from '../../../commands/base';
import { wscfgProbe, wsheadQuery, wsdatafmt, wsopenQuery } from '../../../commands/websocket';
import type { Capabilities, FirmwareClass } from '../../options';
import { EspAtError, isRefusal } from '../../../errors';

/** An identified firmware. */
export interface KnownFirmware {
  readonly capabilities: Capabilities;
  /** The whole response to `AT+GMR`, with the compile time. */
  readonly words: string;
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

/**
 * Detects the firmware's capabilities, unless it is still the known firmware.
 * @param link one that is closed
 * @throws EspAtError `NO_WEBSOCKET`
 */
export async function identify(
  run: Run,
  known?: KnownFirmware,
  link: LinkId = 0,
): Promise<KnownFirmware> {
  const answer = await run(version());
  const words = answer.join('\n');
  if (known?.words === words) return known;
  return { words, capabilities: await findCapabilities(run, parseVersion(answer), link) };
}

/**
 * Detects the class by its commands, never by its version text: unreleased firmware has the text of a release.
 * The link must be closed.
 */
async function findCapabilities(run: Run, text: string, link: LinkId): Promise<Capabilities> {
  const commands = await listCommands(run);
  // A corrupt name must not make a command seem absent: the driver tries each unlisted command.
  const has = async (name: string, trial: Command) =>
    commands.has(name) || (await accepts(run, trial));
  if (!(await has('AT+WSOPEN', wsopenQuery()))) throw new EspAtError('NO_WEBSOCKET');
  if (await has('AT+WSDATAFMT', wsdatafmt(link))) return capabilitiesOf('D', text);
  if (!(await has('AT+WSHEAD', wsheadQuery()))) return capabilitiesOf('A', text);
  // B and C have the same commands; only C takes a fifth parameter here.
  return capabilitiesOf((await accepts(run, wscfgProbe(link))) ? 'C' : 'B', text);
}

/** Returns the command names (`AT+CMD?`); none where old firmware cannot list them. */
async function listCommands(run: Run): Promise<ReadonlySet<string>> {
  try {
    return new Set(parseCommandList(await run(expectingError(commandList()))));
  } catch (error) {
    if (isRefusal(error)) return new Set();
    throw error;
  }
}

async function accepts(run: Run, command: Command): Promise<boolean> {
  try {
    await run(expectingError(command));
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}
