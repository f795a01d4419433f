import type { AtClient } from '../../at/at-client';
import type { SessionPort } from '../session/session-port';
import { tell } from './rate-runner';

/**
 * Takes a device back to the baud rate that it starts with, as soon as the running command has ended. The next
 * start then finds it at once.
 */
export async function takeBack(client: AtClient, port: SessionPort): Promise<void> {
  const { startRate } = port;
  if (startRate === undefined) return;
  await client.sequence(async (access) => {
    // The default of the firmware; without RTS, CTS of the port would not show that the wires are there.
    const answer = await tell({ rate: startRate, flowControl: 'rts' }, access);
    if (answer === 'accepted') port.remember(startRate);
  });
}
