import type { Clock } from '../clock';
import { waitFor, type WaitOptions } from '../wait';
import { within } from '../within';
import type { Port, PortHandlers, PortOpener, PortOpenOptions } from './port';
import { portKey } from './port-key';

/** How long a caller waits for a close: an operating system may keep a port busy. */
const CLOSE_TIMEOUT_MS = 1000;

interface Close {
  readonly address: string;
  /** {@link portKey} of the address at the beginning of the close: a symbolic link is gone once its adapter is unplugged. */
  readonly key: string;
  readonly closed: Promise<unknown>;
}

/** Closes under way in this process. */
let closes: readonly Close[] = [];

function closesOf(address: string): Promise<unknown>[] {
  if (closes.length === 0) return [];
  const key = portKey(address);
  return closes
    .filter((each) => each.address === address || each.key === key)
    .map(({ closed }) => closed);
}

/**
 * Opens a port, after each close of {@link closePort} at this or another address of the port. A port that is still opening
 * at the abort closes once it is open.
 * @throws EspAtError `PORT_*`; the reason of the abort
 */
export async function openPort(
  opener: PortOpener,
  handlers: PortHandlers,
  settings: PortOpenOptions,
  clock: Clock,
  { signal }: WaitOptions,
): Promise<Port> {
  const closing = closesOf(opener.address);
  if (closing.length > 0) await waitFor(Promise.all(closing), { signal });
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
  const closed = Promise.allSettled([port.close(), ...closesOf(address)]).then(() => {
    closes = closes.filter((each) => each.closed !== closed);
  });
  closes = [...closes, { address, key: portKey(address), closed }];
  return within(clock, CLOSE_TIMEOUT_MS, closed);
}
