import type { SequenceAccess } from '../../at/command-sequence';
import type { SessionPort } from '../session/session-port';
import { pause, tell } from './rate-runner';

/** Takes a device back to the baud rate that it starts with: the next start then finds it at once. */
export async function takeBack(access: SequenceAccess, port: SessionPort): Promise<void> {
  const { startRate } = port;
  if (startRate === undefined) return;
  // The default of the firmware; without RTS, CTS of the port would not show that the wires are there.
  const answer = await tell({ rate: startRate, flowControl: 'rts' }, access);
  if (answer !== 'accepted') return;
  port.remember(startRate);
  await pause(access);
  await port.setRate(startRate);
}
