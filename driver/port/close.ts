import type { Clock } from '../clock';
import { within } from '../within';
import type { Port } from './port';

/** How long a port has to close: an operating system may keep it busy. */
const CLOSE_TIMEOUT_MS = 1000;

/** Closes a port. Settles when it is free, or after 1 s. */
export function closePort(port: Port, clock: Clock): Promise<void> {
  return within(clock, CLOSE_TIMEOUT_MS, port.close());
}
