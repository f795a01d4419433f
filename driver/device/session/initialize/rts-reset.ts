import { asEspAtError } from '../../../errors';
import type { DeviceEmitter } from '../../events';
import type { SessionPort } from '../session-port';

/** Resets the device by RTS, the last resort. Returns false where options or port do not allow that, or it fails. */
export async function resetByRts(port: SessionPort, emitter: DeviceEmitter): Promise<boolean> {
  if (!port.canReset) return false;
  emitter.emit('resyncstep', 'rtsReset');
  try {
    await port.reset();
    return true;
  } catch (error) {
    // Bridges and ptys have no RTS.
    emitter.emit('warning', asEspAtError(error, port.address));
    return false;
  }
}
