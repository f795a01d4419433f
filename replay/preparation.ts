import type { Device } from '../driver';
import { decodeOpen } from '../driver/recorder/open-codec';
import { SimulatedDevice } from '../simulator';
import type { VirtualClock } from '../simulator/replay/virtual-clock';
import { acceptingNetwork, type ServerEnd } from './accepting-network';
import type { DriverRecording } from './recording-file';
import type { ReplayPort } from './replay-port';

/** Limit of each step of the preparation. */
const LIMIT_MS = 120_000;

/**
 * The simulated device of a recording.
 * @param accepted called with each connection that a server has accepted
 */
export function simulatedDevice(
  { heading }: DriverRecording,
  clock: VirtualClock,
  output: (bytes: Buffer) => void,
  accepted?: (server: ServerEnd) => void,
): SimulatedDevice {
  const { wifi } = heading.driver.options;
  return new SimulatedDevice({
    firmware: heading.class,
    clock,
    network: acceptingNetwork(clock, accepted),
    random: () => 0.5,
    joined: heading.joined || heading.driver.from === 'snapshot',
    ...(wifi && { wifi: [{ ssid: wifi.ssid, password: wifi.password }] }),
    output: (bytes) => output(Buffer.from(bytes)),
  });
}

/** The device's end of the port while a recording is prepared. */
export interface FarEnd {
  write(bytes: Uint8Array): void;
  /** Called when the driver is at the start of the recording. */
  prepared(): void;
}

/**
 * Brings the driver to the start of a recording: for a snapshot, connects it to a device until that is ready and its
 * links are open. The far end delivers the device's output to the port.
 *
 * @throws Error when a step takes 2 minutes of virtual time
 */
export async function prepare(
  { heading, lines }: DriverRecording,
  device: Device,
  port: ReplayPort,
  clock: VirtualClock,
  farEnd: FarEnd,
): Promise<void> {
  const snapshot = lines.find((line) => 'snapshot' in line);
  if (!snapshot || heading.driver.from !== 'snapshot') {
    farEnd.prepared();
    return;
  }
  port.farEnd = (bytes) => farEnd.write(bytes);
  device.start();
  await clock.advance(0);
  port.act({ port: 'opened', setsRate: heading.rate > 0, resets: false });
  await until(clock, () => device.state.name === 'ready', 'the device is not ready');
  for (const { link, options } of snapshot.links) {
    device.links[link].open(decodeOpen(options)).catch(() => undefined);
    await until(clock, () => device.links[link].stateNumber === 2, `link ${link} is not open`);
  }
  // The next regular check of the links is due as soon as in the recording.
  await clock.advance(snapshot.checkedMs);
  device.restore(snapshot);
  port.farEnd = undefined;
  farEnd.prepared();
}

async function until(clock: VirtualClock, done: () => boolean, otherwise: string): Promise<void> {
  if (!(await clock.until(done, LIMIT_MS))) throw new Error(`cannot start there: ${otherwise}`);
}
