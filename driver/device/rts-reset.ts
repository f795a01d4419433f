import { asEspAtError } from '../errors';
import type { DeviceEvent } from './options';
import type { SessionPort } from './session-port';

/** Resets the device by RTS, the last resort; returns false where the options or the port do not allow it. */
export async function resetByRts(
  port: SessionPort,
  log: (event: DeviceEvent) => void,
): Promise<boolean> {
  if (!port.canReset) return false;
  log({ event: 'recovery', detail: 'reset' });
  try {
    await port.reset();
    return true;
  } catch (error) {
    // Bridges and ptys have no RTS.
    log({ event: 'warning', error: asEspAtError(error, port.address) });
    return false;
  }
}
