import type { Device } from '../driver';
import { decodeOpen } from '../driver/recorder/open-codec';
import type { PortSnapshot } from '../driver/recorder/lines';
import { SimulatedDevice } from '../simulator';
import type { VirtualClock } from '../simulator/replay/virtual-clock';
import { acceptingNetwork, type ServerEnd } from './accepting-network';
import { recordedFlash } from './recorded-flash';
import type { DriverRecording } from './recording-file';
import type { ReplayPort } from './replay-port';

/** Limit of each step of the preparation. */
const LIMIT_MS = 120_000;

/**
 * The rate of the device at the start of a recording, in bits a second, where the driver has found the device at a rate
 * that neither its port nor its options have. Undefined otherwise.
 */
export function foundRate({ heading, lines }: DriverRecording): number | undefined {
  const { from, options } = heading.driver;
  if (from !== 'snapshot') return undefined;
  const { negotiatedRate } = options;
  const { baudRate, readsCts } = lines.find((line) => 'snapshot' in line)?.portState ?? {};
  const isClimbedTo = negotiatedRate === 'automatic' && readsCts === true;
  const isOfOptions = isClimbedTo || baudRate === negotiatedRate || baudRate === heading.rate;
  return isOfOptions ? undefined : baudRate;
}

/**
 * The simulated device of a recording. It starts at the rate of the port, or that at which the driver found the recorded
 * one, with the certificates and keys that the recorded one had in its flash.
 * @param accepted called with each connection that a server has accepted
 */
export function simulatedDevice(
  recording: DriverRecording,
  clock: VirtualClock,
  output: (bytes: Buffer) => void,
  accepted?: (server: ServerEnd) => void,
): SimulatedDevice {
  const { heading, lines } = recording;
  const { wifi } = heading.driver.options;
  const baud = foundRate(recording) ?? heading.rate;
  return new SimulatedDevice({
    firmware: heading.class,
    clock,
    network: acceptingNetwork(clock, accepted),
    random: () => 0.5,
    joined: heading.joined || heading.driver.from === 'snapshot',
    flash: recordedFlash(lines),
    ...(baud > 0 && { baud }),
    ...(wifi && { wifi: [{ ssid: wifi.ssid, password: wifi.password }] }),
    output: (bytes) => output(Buffer.from(bytes)),
  });
}

/** The driver cannot be brought to the start of a recording. */
export class CannotStartError extends Error {
  constructor(reason: string) {
    super(`cannot start there: ${reason}`);
  }
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
 * @throws CannotStartError when a step takes 2 minutes of virtual time, or the port comes to another state
 */
export async function prepare(
  recording: DriverRecording,
  device: Device,
  port: ReplayPort,
  clock: VirtualClock,
  farEnd: FarEnd,
): Promise<void> {
  const { heading, lines } = recording;
  const snapshot = lines.find((line) => 'snapshot' in line);
  if (!snapshot || heading.driver.from !== 'snapshot') {
    farEnd.prepared();
    return;
  }
  const state = snapshot.portState;
  const rate = foundRate(recording);
  const write = (bytes: Uint8Array) => {
    if (rate === undefined || port.currentRate === rate) farEnd.write(bytes);
  };
  port.farEnd = { write, state };
  device.start();
  await clock.advance(0);
  port.act({ port: 'opened', ...(state ?? { setsRate: heading.rate > 0, resets: false }) });
  await until(clock, () => device.state.name === 'ready', 'the device is not ready');
  for (const { link, options } of snapshot.links) {
    device.links[link].open(decodeOpen(options)).catch(() => undefined);
    await until(clock, () => device.links[link].stateNumber === 2, `link ${link} is not open`);
  }
  // A climb to the baud rate runs in the state `ready`, too.
  await until(clock, () => device.snapshot() !== undefined, 'the device does not come to rest');
  checkPort(device, state);
  // The next regular check of the links is due as soon as in the recording.
  await clock.advance(snapshot.checkedMs);
  device.restore(snapshot);
  port.farEnd = undefined;
  farEnd.prepared();
}

/** @throws CannotStartError where the driver has not brought the port to the state of the snapshot */
function checkPort(device: Device, expected: PortSnapshot | undefined): void {
  const got = device.snapshot()?.portState;
  if (!expected || !got) return;
  for (const setting of ['baudRate', 'flowControl'] as const) {
    if (got[setting] === expected[setting]) continue;
    const values = `${String(got[setting])} instead of ${String(expected[setting])}`;
    throw new CannotStartError(`${setting} of the port is ${values}`);
  }
}

async function until(clock: VirtualClock, done: () => boolean, otherwise: string): Promise<void> {
  if (!(await clock.until(done, LIMIT_MS))) throw new CannotStartError(otherwise);
}
