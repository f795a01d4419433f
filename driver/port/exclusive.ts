import type { Clock } from '../clock';
import { waitFor, type WaitOptions } from '../wait';
import { within } from '../within';
import type { Port, PortHandlers, PortOpener, PortOpenOptions } from './port';

/** How long a caller waits for a close: an operating system may keep a port busy. */
const CLOSE_TIMEOUT_MS = 1000;

/** Closes under way in this process, by address. */
const closes = new Map<string, Promise<unknown>>();

/**
 * Opens a port, after the close of {@link closePort} at the same address. A port that is still opening at the abort closes
 * once it is open.
 * @throws EspAtError `PORT_*`; the reason of the abort
 */
export async function openPort(
  opener: PortOpener,
  handlers: PortHandlers,
  settings: PortOpenOptions,
  clock: Clock,
  { signal }: WaitOptions,
): Promise<Port> {
  const closing = closes.get(opener.address);
  if (closing) await waitFor(closing, { signal });
  const opening = opener.open(handlers, settings);
  try {
    return await waitFor(opening, { signal });
  } catch (error) {
    opening.then((late) => closePort(late, opener, clock)).catch(() => undefined);
    throw error;
  }
}

/** Closes a port. Settles when it is free, or after 1 s; {@link openPort} waits for the rest. */
export function closePort(port: Port, { address }: PortOpener, clock: Clock): Promise<void> {
  const closed = Promise.allSettled([port.close(), closes.get(address)]).then(() => {
    if (closes.get(address) === closed) closes.delete(address);
  });
  closes.set(address, closed);
  return within(clock, CLOSE_TIMEOUT_MS, closed);
}
