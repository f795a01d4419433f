import type { PortLease } from '../at/port-lease';
import { echoOff, echoOn } from '../commands/base';
import { drivesRts, type FlowControl } from '../commands/uart';
import { climb } from '../device/baud-rate/automatic-rate';
import { changeUart, pause } from '../device/baud-rate/change-uart';
import { countCorruptLines, type LineCount } from '../device/baud-rate/line-test';
import type { Examination } from './examination';

/** Round trips to measure, at most. The result is their median. */
const MAX_ROUND_TRIPS = 9;
const MAX_TEST_LINES = 32;
/** Milliseconds after which no more round trips and test lines begin: at a low rate, or behind a slow bridge, each takes long. */
const MEASURING_MS = 3000;
/** Climbs without a result after which the doctor tells no best rate: a busy host may delay a response. */
const MAX_CLIMBS = 6;
/** Attempts to return the device to its baud rate. */
const MAX_RETURNS = 3;

/** Measures the round trip, and counts the test lines that the port corrupts. Leaves the echo on. */
export async function examineWiring(examination: Examination): Promise<void> {
  const { access, facts } = examination;
  const ms = await access.lendPort(roundTrips);
  const [median] = ms.slice(Math.floor(ms.length / 2));
  if (median !== undefined) facts.roundTripMs = Math.round(median * 10) / 10;
  await examineRtsCts(examination);
  if (!facts.commandEcho) await access.run(echoOn);
  const lines = await passLines(examination);
  facts.corruptLines = lines.corrupt;
  facts.testLines = lines.all;
}

/**
 * Sends the test lines. Of class D, the format of data on a link that another program has left open is unknown, and data looks
 * corrupt in the wrong one: tries that of the driver, then the other one. A line `OK` in such data has ended a response early;
 * a resync drops the rest.
 */
async function passLines({ access, client, facts, openLinks }: Examination): Promise<LineCount> {
  const mayBeLong = openLinks.length > 0 && (facts.firmware ?? 'D') === 'D';
  let best: LineCount = { corrupt: Infinity, all: 0 };
  for (const format of mayBeLong ? (['long', 'short'] as const) : (['short'] as const)) {
    for (const link of openLinks) client.setDataFormat(link, format);
    if (mayBeLong) await access.resync({ attempts: 3, pad: 'never', pace: 'search' });
    const lines = await access.lendPort((lease) =>
      countCorruptLines(lease, MAX_TEST_LINES, MEASURING_MS),
    );
    if (lines.corrupt < best.corrupt) best = lines;
    if (lines.corrupt === 0) break;
  }
  return best;
}

/** Returns the milliseconds of each, ascending. */
async function roundTrips(lease: PortLease): Promise<number[]> {
  const ms: number[] = [];
  const end = lease.now() + MEASURING_MS;
  for (let count = 0; count < MAX_ROUND_TRIPS && lease.now() < end; count++) {
    const start = lease.now();
    lease.write(Buffer.from('AT\r\n'));
    const { line: answer } = await lease.next('afterLineEnd', (each) => each === 'OK');
    if (answer !== undefined) ms.push(lease.now() - start);
  }
  return ms.sort((one, other) => one - other);
}

async function examineRtsCts(examination: Examination): Promise<void> {
  const { facts, port } = examination;
  if (!drivesRts(facts.flowControl)) return;
  const isActive = await port.readCts();
  if (isActive === undefined) return;
  facts.rtsCtsWired = isActive;
  if (!isActive) examination.addFinding('RTS_CTS_NOT_WIRED');
}

/**
 * Climbs to the best baud rate, and returns the device to its previous UART setting. Does nothing where that setting is
 * unknown, the rate of the port is fixed, or the port has no modem lines.
 */
export async function examineBestRate(examination: Examination): Promise<void> {
  const { access, client, clock, facts, port } = examination;
  const before = port.baudRate;
  const { flowControl } = facts;
  if (before === undefined || flowControl === undefined) return;
  if (!port.canSetRate || !(await port.hasModemLines())) return;
  try {
    for (let climbs = 0; climbs < MAX_CLIMBS; climbs++) {
      // Where the device was silent, the climb may have ended at an untested rate.
      if ((await climb(access, client, port, clock)) !== 'done') continue;
      facts.bestBaudRate = port.baudRate;
      return;
    }
  } finally {
    await restoreUart(examination, before, flowControl);
  }
}

async function restoreUart(
  { access, port }: Examination,
  rate: number,
  flowControl: FlowControl,
): Promise<void> {
  const { baudRate: current, usesFlowControl } = port;
  // A climb leaves the device's flow control at `rts` or `both`.
  if (current === rate && !usesFlowControl && flowControl === 'rts') return;
  for (let attempt = 0; attempt < MAX_RETURNS; attempt++) {
    await port.setRate(current);
    // A device that still waits for CTS could not respond without it.
    await port.setFlowControl(usesFlowControl);
    const answer = await changeUart({ rate, flowControl }, access, attempt > 0);
    // Where only the flow control changes, no other response shows that.
    if (current === rate && answer !== 'accepted') continue;
    await port.setFlowControl(false);
    await pause(access);
    await port.setRate(rate);
    // Without a response the device may have changed its rate, or not.
    const options = { attempts: 3, pad: 'never', pace: 'search' } as const;
    if (answer === 'accepted' || (await access.resync(options)).kind !== 'noAnswer') {
      port.memory.baudRate = rate;
      return;
    }
  }
}

/** Switches the echo of the device on or off, as it was before. */
export async function restoreEcho({ access, facts }: Examination): Promise<void> {
  await access.run(facts.commandEcho ? echoOn : echoOff);
}
