import { BareDriver } from '../support/bare-driver';
import { heap } from '../support/heap';
import { cut, reports } from '../support/stream';
import { median, rounded, scaled, varied, type Effort, type Row } from '../suite';

/** Messages of all devices together, half of them sent and half received. */
const MESSAGES = 1_000_000;
/** Parts in which they pass; memory is looked at after the first and after the last. */
const PARTS = 10;
/** Bytes of a message. */
const PAYLOAD = 128;
/** Messages that wait on each device at any time. */
const WAITING = 20;
/** Messages in the stream that is received again and again. */
const REPORTS = 60;
/** Bytes that the port brings at a time. */
const CHUNK = 1024;

/** Whether what a byte costs, and the memory in use, stay the same with links, devices and messages. */
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
  const pieces = cut(reports(REPORTS, links, PAYLOAD), CHUNK);
  const each = Math.ceil(scaled(MESSAGES, effort) / 2 / PARTS / devices);
  const sending: number[] = [];
  const receiving: number[] = [];
  const memory: ReturnType<typeof heap>[] = [];
  let sent = 0;
  for (let part = 0; part < PARTS; part++) {
    const start = process.cpuUsage();
    const text = 'x'.repeat(PAYLOAD);
    await Promise.all(
      drivers.map((driver) => driver.send(each, links, text, WAITING, () => undefined)),
    );
    sent += each * devices;
    const middle = process.cpuUsage();
    const before = received;
    for (let pass = 0; pass < Math.ceil(each / REPORTS); pass++) {
      for (const piece of pieces) for (const driver of drivers) driver.deliver(piece);
    }
    const end = process.cpuUsage();
    sending.push(nanoseconds(start, middle) / (each * devices * PAYLOAD));
    receiving.push(nanoseconds(middle, end) / ((received - before) * PAYLOAD));
    memory.push(heap());
  }
  await Promise.all(drivers.map((driver) => driver.end()));
  const [first] = memory;
  const last = memory.at(-1);
  if (!first || !last) throw new Error('nothing was measured');
  return {
    suite: 'growth',
    devices,
    links,
    payload: PAYLOAD,
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
