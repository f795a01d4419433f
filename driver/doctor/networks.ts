import { systemClock } from '../clock';
import type { WifiNetwork } from '../commands/wifi';
import { EspAtError } from '../errors';
import type { PortOpener } from '../port/port';
import { scanNetworks } from '../provisioning/wifi';
import type { DoctorOptions } from './doctor';
import { examineRate } from './find';
import { withOpenPort } from './open-port';

/** The Wi-Fi networks in reach of a device. */
export interface NetworkScan {
  /** The strongest first. */
  readonly networks: readonly WifiNetwork[];
  /** Whether the scan has ended the data prompt of another program, which corrupts its message. */
  readonly endedPrompt: boolean;
}

/**
 * Scans for Wi-Fi networks by a device on a port. Finds the device at any baud rate, and does not change the rate. Switches
 * the station on. Pads a pending data prompt to end it.
 * @param opener a port that no {@link Device} uses
 * @throws EspAtError `DEVICE_UNRESPONSIVE`, `FIRMWARE_UNKNOWN`, `OUT_OF_SYNC`, `PORT_*`, `COMMAND_FAILED`; the reason of the
 * abort
 */
export async function networksAt(
  opener: PortOpener,
  { clock = systemClock, signal }: Pick<DoctorOptions, 'clock' | 'signal'> = {},
): Promise<NetworkScan> {
  let networks: WifiNetwork[] = [];
  let endedPrompt = false;
  await withOpenPort(opener, clock, { signal }, async (examination) => {
    await examineRate(examination);
    if (!examination.hasAnswered)
      throw examination.findings.some(({ code }) => code === 'LOOK_ALIKE')
        ? new EspAtError('FIRMWARE_UNKNOWN', { command: 'AT+GMR' })
        : new EspAtError('DEVICE_UNRESPONSIVE', { port: opener.address });
    networks = await scanNetworks(examination.access.run);
    endedPrompt = examination.findings.some(({ code }) => code === 'PROMPT_OPEN');
  });
  return { networks, endedPrompt };
}
