import { systemClock } from '../clock';
import type { WifiNetwork } from '../commands/wifi';
import { asEspAtError, EspAtError } from '../errors';
import type { PortOpener } from '../port/port';
import { scanNetworks } from '../provisioning/wifi';
import type { DoctorOptions } from './doctor';
import type { Examination } from './examination';
import { examineRate } from './find';
import { withOpenPort } from './open-port';

/** The Wi-Fi networks in reach of a device. */
export interface NetworkScan {
  /** The strongest first. */
  readonly networks: readonly WifiNetwork[];
  /** Whether the scan has ended the data prompt of another program, which corrupts its message. */
  readonly endedPrompt: boolean;
  /** Why the scan failed after it had ended a prompt. Where it has ended none, {@link networksAt} rejects instead. */
  readonly error?: EspAtError;
}

/**
 * Scans for Wi-Fi networks by a device on a port. Finds the device at any usual baud rate, and does not change the rate.
 * Switches the station on. Pads a pending data prompt to end it.
 * @param opener a port that no {@link Device} uses
 * @throws EspAtError `DEVICE_UNRESPONSIVE`, `DEVICE_RESTARTED`, `FIRMWARE_UNKNOWN`, `OUT_OF_SYNC`, `PORT_*`, `COMMAND_FAILED`;
 * the reason of the abort
 */
export async function networksAt(
  opener: PortOpener,
  { clock = systemClock, memory, signal }: Pick<DoctorOptions, 'clock' | 'memory' | 'signal'> = {},
): Promise<NetworkScan> {
  let networks: readonly WifiNetwork[] = [];
  let findings: Examination['findings'] = [];
  const endedPrompt = () => findings.some(({ code }) => code === 'PROMPT_OPEN');
  try {
    await withOpenPort(opener, { clock, memory, signal }, async (examination) => {
      ({ findings } = examination);
      networks = await networksBy(examination, opener);
    });
    return { networks, endedPrompt: endedPrompt() };
  } catch (error) {
    if (!endedPrompt() || signal?.aborted) throw error;
    return { networks: [], endedPrompt: true, error: asEspAtError(error, opener.address) };
  }
}

async function networksBy(
  examination: Examination,
  { address }: PortOpener,
): Promise<WifiNetwork[]> {
  // A scan needs few responses: it works behind a bridge that is too slow for an examination.
  if (await examineRate(examination)) return scanNetworks(examination.access.run);
  throw examination.findings.some(({ code }) => code === 'LOOK_ALIKE')
    ? new EspAtError('FIRMWARE_UNKNOWN', { command: 'AT+GMR' })
    : new EspAtError('DEVICE_UNRESPONSIVE', { port: address });
}
