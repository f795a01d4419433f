import type { PortLease } from '../at/port-lease';
import { echoOff, echoOn } from '../commands/base';
import { climb } from '../device/baud-rate/climb';
import { countCorruptLines } from '../device/baud-rate/line-test';
import { RateLimit } from '../device/baud-rate/rate-limit';
import { changeUart, pause } from '../device/baud-rate/rate-runner';
import type { Examination } from './examination';

/** Round trips to measure. The result is their median. */
const ROUND_TRIPS = 9;
/** Test lines at 115,200 baud and more; at lower rates. */
const LINES = 32;
const SLOW_LINES = 6;

/** Measures the round trip, and counts the test lines that the port corrupts. @param faults lost responses of other steps */
export async function examineLine(examination: Examination, faults: () => number): Promise<void> {
  const { access, facts, port } = examination;
  const { ms } = await access.lendPort(roundTrips);
  const [median] = ms.slice(Math.floor(ms.length / 2));
  if (median !== undefined) facts.roundTripMs = Math.round(median * 10) / 10;
  const isActive = await port.readCts();
  facts.rtsCtsWired = isActive;
  if (!isActive && port.canSetRate) examination.found('RTS_CTS_NOT_WIRED');
  const rate = port.rate ?? 0;
  const count = rate === 0 || rate >= 115_200 ? LINES : SLOW_LINES;
  if (!facts.echo) await access.run(echoOn());
  const { corrupt } = await access.lendPort(async (lease) => ({
    corrupt: await countCorruptLines(lease, count),
  }));
  if (!facts.echo) await access.run(echoOff());
  facts.testLines = count;
  facts.corruptLines = corrupt;
  if (corrupt + faults() > 0)
    examination.found('NOISE', { rate, corrupt: corrupt + faults(), lines: count + faults() });
}

async function roundTrips(lease: PortLease): Promise<{ readonly ms: readonly number[] }> {
  const ms: number[] = [];
  for (let count = 0; count < ROUND_TRIPS; count++) {
    const start = lease.now();
    lease.write(Buffer.from('AT\r\n'));
    const { line: answer } = await lease.next('lineEnd', (each) => each === 'OK');
    if (answer !== undefined) ms.push(lease.now() - start);
  }
  return { ms: ms.sort((one, other) => one - other) };
}

/** Climbs to the best baud rate, and returns the device to its setting before. */
export async function examineBestRate(examination: Examination): Promise<void> {
  const { access, client, clock, facts, port } = examination;
  const before = port.baudRate;
  if (before === undefined || !port.canSetRate || !(await port.hasModemLines())) return;
  const { flowControl = 'rts' } = facts;
  await climb(access, { client, port, limit: new RateLimit(), clock });
  facts.bestBaudRate = port.baudRate;
  if (port.baudRate !== before || port.usesFlowControl) {
    await changeUart({ rate: before, flowControl }, access);
    await port.setFlowControl(false);
    await pause(access);
    await port.setRate(before);
  }
  // The climb leaves the echo off.
  if (facts.echo) await access.run(echoOn());
}
