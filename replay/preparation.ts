import type { Device } from '../driver';
import { decodeOpen } from '../driver/recorder/open-codec';
import { SimulatedDevice } from '../simulator';
import type { VirtualClock } from '../simulator/replay/virtual-clock';
import { acceptingNetwork } from './accepting-network';
import type { DriverRecording } from './recording-file';
import type { ReplayPort } from './replay-port';

/** Limit of each step of the preparation. */
const LIMIT_MS = 120_000;

/**
 * Brings the driver to the start of a recording: for a snapshot, connects it to a simulated device until it is ready and
 * its links are open.
 *
 * @throws Error after 2 minutes of virtual time
 */
export async function prepare(
  { heading, lines }: DriverRecording,
  device: Device,
  port: ReplayPort,
  clock: VirtualClock,
): Promise<void> {
  const snapshot = lines.find((line) => 'snapshot' in line);
  if (!snapshot || heading.driver.from !== 'snapshot') return;
  const { wifi } = heading.driver.options;
  const simulated = new SimulatedDevice({
    firmware: heading.class,
    clock,
    network: acceptingNetwork(clock),
    random: () => 0.5,
    joined: true,
    ...(wifi && { wifi: [{ ssid: wifi.ssid, password: wifi.password }] }),
    output: (bytes) => port.deliver(Buffer.from(bytes)),
  });
  port.farEnd = (bytes) => simulated.write(bytes);
  device.start();
  await clock.until(() => false, 0);
  port.act({ port: 'opened', setsRate: heading.rate > 0, resets: false });
  await until(clock, () => device.state.name === 'ready', 'the device is not ready');
  for (const { link, options } of snapshot.links) {
    const { framing, ...others } = decodeOpen(options);
    device.links[link].open({ ...others, ...(framing && { framing }) }).catch(() => undefined);
    await until(clock, () => device.links[link].stateNumber === 2, `link ${link} is not open`);
  }
  await clock.advance(snapshot.checkedMs);
  device.restore(snapshot);
  port.farEnd = undefined;
  simulated.destroy();
}

async function until(clock: VirtualClock, done: () => boolean, otherwise: string): Promise<void> {
  if (!(await clock.until(done, LIMIT_MS))) throw new Error(`cannot start there: ${otherwise}`);
}
