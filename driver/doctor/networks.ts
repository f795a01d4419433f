import { systemClock } from '../clock';
import type { WifiNetwork } from '../commands/wifi';
import { EspAtError } from '../errors';
import type { PortOpener } from '../port/port';
import { scanNetworks } from '../provisioning/wifi';
import type { DoctorOptions } from './doctor';
import { examineRate } from './find';
import { withOpenPort } from './open-port';

/**
 * Returns the Wi-Fi networks in reach of a device on a port, the strongest first. Finds the device at any baud rate, and
 * does not change the rate. Switches the station on. Pads a pending data prompt to end it, which corrupts its message.
 * @param opener a port that no {@link Device} uses
 * @throws EspAtError `DEVICE_UNRESPONSIVE`, `FIRMWARE_UNKNOWN`, `OUT_OF_SYNC`, `PORT_*`, `COMMAND_FAILED`; the reason of the
 * abort
 */
export async function networksAt(
  opener: PortOpener,
  { clock = systemClock, signal }: Pick<DoctorOptions, 'clock' | 'signal'> = {},
): Promise<WifiNetwork[]> {
  let networks: WifiNetwork[] = [];
  await withOpenPort(opener, clock, { signal }, async (examination) => {
    await examineRate(examination);
    if (!examination.hasAnswered)
      throw examination.findings.some(({ code }) => code === 'LOOK_ALIKE')
        ? new EspAtError('FIRMWARE_UNKNOWN', { command: 'AT+GMR' })
        : new EspAtError('DEVICE_UNRESPONSIVE', { port: opener.address });
    networks = await scanNetworks(examination.access.run);
  });
  return networks;
}
