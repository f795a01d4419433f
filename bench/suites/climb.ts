import { corruptsAbove } from '../../simulator/serial/paced-line';
import { Harness, type SerialOptions } from '../../test/harness/harness';
import { rounded, varied, type Effort, type Row } from '../suite';

const START_RATE = 115_200;
const TRANSFER_BYTES = 64 * 1024;
const MESSAGE_BYTES = 8192;

type Wiring = 'fixed' | 'wired' | 'noisy' | 'unwired';

const serial: Readonly<Record<Wiring, SerialOptions>> = {
  fixed: { baudRate: START_RATE },
  wired: { baudRate: START_RATE, rtsCts: true },
  noisy: { baudRate: START_RATE, rtsCts: true, corruption: corruptsAbove(921_600) },
  unwired: { baudRate: START_RATE },
};

interface Transfer {
  readonly foundRate: number;
  readonly climbMilliseconds: number;
  readonly sendMilliseconds: number;
  readonly receiveMilliseconds: number;
}

/** Sends and receives 64 KiB at the baud rate that the driver finds, in virtual time. */
export async function* run(effort: Effort): AsyncGenerator<Row> {
  const fixed = await measure('fixed');
  for (const wiring of varied<Wiring>(effort, ['fixed', 'wired', 'noisy', 'unwired'])) {
    const found = wiring === 'fixed' ? fixed : await measure(wiring);
    yield {
      suite: 'climb',
      wiring,
      ...found,
      timesSend: rounded(fixed.sendMilliseconds / found.sendMilliseconds),
      timesReceive: rounded(fixed.receiveMilliseconds / found.receiveMilliseconds),
    };
  }
}

async function measure(wiring: Wiring): Promise<Transfer> {
  const harness = new Harness({
    serial: serial[wiring],
    device: wiring === 'fixed' ? {} : { negotiatedRate: 'automatic' },
  });
  await harness.ready();
  const { clock, device, server } = harness;
  const [link] = device.links;
  const start = clock.now();
  // The driver climbs before the first link opens.
  await clock.wait(link.open({ uri: 'ws://host/plain', config: { bufferBytes: MESSAGE_BYTES } }));
  const opened = clock.now();
  const connection = server.connections.find(({ open }) => open);
  if (!connection) throw new Error('no connection');
  for (let sent = 0; sent < TRANSFER_BYTES; sent += MESSAGE_BYTES)
    await clock.wait(link.send(Buffer.alloc(MESSAGE_BYTES, 'x'), { opcode: 2 }));
  const sent = clock.now();
  const before = harness.messages.length;
  connection.send({ fin: true, opcode: 2, payload: Buffer.alloc(TRANSFER_BYTES, 'x') });
  await clock.until(() => harness.messages.length > before, 60_000);
  const received = clock.now();
  const foundRate = harness.hostRate ?? START_RATE;
  await harness.end();
  return {
    foundRate,
    climbMilliseconds: rounded(opened - start),
    sendMilliseconds: rounded(sent - opened),
    receiveMilliseconds: rounded(received - sent),
  };
}
