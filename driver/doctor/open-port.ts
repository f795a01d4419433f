import { AtClient } from '../at/at-client';
import type { RateOrigin } from '../at/types';
import type { Clock } from '../clock';
import type { PortMemory } from '../device/options';
import { SessionPort } from '../device/session/session-port';
import { EspAtError } from '../errors';
import { closePort, openPort } from '../port/exclusive';
import type { PortHandlers, PortOpener } from '../port/port';
import { DeviceCounters } from '../statistics/device-counters';
import { waitFor, type WaitOptions } from '../wait';
import { Examination } from './examination';
import { PortKnowledge } from '../device/session/port-knowledge';

/** A port at which a rate other than the start rate need not be negotiated: it may be in the device's flash. */
class ExaminedPort extends SessionPort {
  override get rateOrigin(): RateOrigin {
    return this.isNegotiated ? 'found' : 'start';
  }
}

interface OpenPortOptions extends WaitOptions {
  readonly clock: Clock;
  /** Of the {@link Device} that used the port before, and for the next one. */
  readonly memory?: PortMemory | undefined;
}

/**
 * Opens a port, runs `body` as one command sequence on it, and closes the port.
 * @throws EspAtError `PORT_*`, and what `body` rejects with; the reason of the abort
 */
export async function withOpenPort(
  opener: PortOpener,
  { clock, memory = {}, ...wait }: OpenPortOptions,
  body: (examination: Examination) => Promise<void>,
): Promise<void> {
  const counters = new DeviceCounters(clock);
  const current: { client?: AtClient; lost?: EspAtError } = {};
  const throwIfLost = () => {
    if (current.lost) throw current.lost;
  };
  const endClient = (error: EspAtError) => {
    if (current.client?.pendingPrompt) memory.pendingPrompt = true;
    current.client?.close(error);
  };
  const handlers: PortHandlers = {
    data: (chunk) => {
      counters.port.received += chunk.length;
      current.client?.receive(chunk);
    },
    lost: (error) => {
      current.lost = error;
      endClient(error);
    },
  };
  const port = await openPort(opener, handlers, { flowControl: false }, clock, wait);
  try {
    throwIfLost();
    const options = { port: opener, clock, random: Math.random, memory };
    const knowledge = new PortKnowledge();
    const sessionPort = new ExaminedPort(port, { options, counters, knowledge });
    let examination: Examination | undefined;
    const atClient = new AtClient(sessionPort, clock, (event) => {
      if (event.kind !== 'urc' || !examination) return;
      if (event.urc.kind === 'wifi-connected') examination.hasAssociated = true;
      if (event.urc.kind === 'ready') {
        examination.hasBooted = true;
        memory.pendingPrompt = false;
      }
    });
    current.client = atClient;
    const examined = atClient.sequence((access) => {
      const given = { client: atClient, port: sessionPort, clock, counters };
      examination = new Examination(access, given);
      return body(examination);
    });
    await waitFor(examined, wait);
    // A body that waits for the echo server, not for a command, does not notice the loss.
    throwIfLost();
  } finally {
    endClient(new EspAtError('DEVICE_STOPPED'));
    await closePort(port, opener, clock);
  }
}
