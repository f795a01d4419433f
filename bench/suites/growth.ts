import { BareDriver } from '../support/bare-driver';
import { heap } from '../support/heap';
import { cut, dataUrcs } from '../support/stream';
import { median, rounded, scaled, varied, type Effort, type Row } from '../suite';

/** Messages of all devices, half of them sent and half received. */
const MESSAGES = 1_000_000;
/** Parts of the measurement. The suite reads the memory in use after each. */
const PARTS = 10;
const PAYLOAD_BYTES = 128;
/** Messages in the send queue of each device. */
const QUEUED_MESSAGES = 20;
/** Messages in the stream that each device receives again and again. */
const STREAM_MESSAGES = 60;
/** The port delivers the stream in chunks of this size. */
const CHUNK_BYTES = 1024;

/** Shows whether the cost of a byte and the memory in use grow with links, devices or messages. */
export async function* run(effort: Effort): AsyncGenerator<Row> {
  for (const devices of varied(effort, [1, 16, 50])) {
    for (const links of varied(effort, [1, 3])) yield await measure(devices, links, effort);
  }
}

async function measure(devices: number, links: number, effort: Effort): Promise<Row> {
  const drivers = await Promise.all(Array.from({ length: devices }, () => BareDriver.open()));
  let received = 0;
  for (const { device } of drivers)
    for (const link of device.links) link.on('message', () => received++);
  const pieces = cut(dataUrcs(STREAM_MESSAGES, links, PAYLOAD_BYTES), CHUNK_BYTES);
  const each = Math.ceil(scaled(MESSAGES, effort) / 2 / PARTS / devices);
  const sending: number[] = [];
  const receiving: number[] = [];
  const memory: ReturnType<typeof heap>[] = [];
  let sent = 0;
  for (let part = 0; part < PARTS; part++) {
    const start = process.cpuUsage();
    const text = 'x'.repeat(PAYLOAD_BYTES);
    await Promise.all(
      drivers.map((driver) => driver.send(each, links, text, QUEUED_MESSAGES, () => undefined)),
    );
    sent += each * devices;
    const middle = process.cpuUsage();
    const before = received;
    for (let pass = 0; pass < Math.ceil(each / STREAM_MESSAGES); pass++) {
      for (const piece of pieces) for (const driver of drivers) driver.deliver(piece);
    }
    const end = process.cpuUsage();
    sending.push(nanoseconds(start, middle) / (each * devices * PAYLOAD_BYTES));
    receiving.push(nanoseconds(middle, end) / ((received - before) * PAYLOAD_BYTES));
    memory.push(heap());
  }
  await Promise.all(drivers.map((driver) => driver.end()));
  const [first] = memory;
  const last = memory.at(-1);
  if (!first || !last) throw new Error('no part was measured');
  return {
    suite: 'growth',
    devices,
    links,
    payload: PAYLOAD_BYTES,
    sent,
    received,
    // The first parts warm up.
    cpuNanosecondsPerByteSent: rounded(median(sending.slice(2))),
    cpuNanosecondsPerByteReceived: rounded(median(receiving.slice(2))),
    heapMegabytesAfterTenth: rounded(first.objects / 1e6),
    heapMegabytesAtEnd: rounded(last.objects / 1e6),
    heapGrowthMegabytes: rounded((last.objects - first.objects) / 1e6),
    bufferGrowthMegabytes: rounded((last.buffers - first.buffers) / 1e6),
  };
}

function nanoseconds(from: NodeJS.CpuUsage, to: NodeJS.CpuUsage): number {
  return (to.user - from.user + to.system - from.system) * 1000;
}
