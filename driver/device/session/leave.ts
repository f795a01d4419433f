import type { AtClient } from '../../at/at-client';
import type { Clock } from '../../clock';
import { returnToStartRate } from '../baud-rate/rate-runner';
import { closeConnections } from './close-connections';
import type { SessionPort } from './session-port';

/**
 * Leaves a device as soon as the running command has ended: returns it to its start rate, then closes its connections,
 * which would last without a host and send data to the port's next user.
 */
export async function leave(
  client: AtClient,
  port: SessionPort,
  { clock, closes }: { readonly clock: Clock; readonly closes: boolean },
  signal: AbortSignal,
): Promise<void> {
  await client.sequence(async (access) => {
    if (port.isChanged) await returnToStartRate(access, port);
    if (closes) await closeConnections(access.run, clock, signal);
  });
}
