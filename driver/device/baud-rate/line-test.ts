import { isDeepStrictEqual } from 'node:util';
import { looksIntact, parseUrc } from '../../at/urc';
import type { PortLease } from '../../at/port-lease';
import { isFinalResultCode } from '../../at/outcome';

/** Bytes of a test line between its `#` and its CR LF; a device takes lines of 254. */
const LINE_BYTES = 240;
/** Test lines, for about 4 kB each way. */
const LINES = 16;

/** URCs that may break the echo of a line. */
const URCS_WITHIN =
  /\+TIME_UPDATED|WIFI (?:CONNECTED|GOT IP|DISCONNECT)|\+WS_(?:(?:DIS)?CONNECTED|CLOSED):[0-2]/g;

/** The response to `AT+CMD?`, about 3 kB: {@link passesData} compares later ones with it. */
export interface KnownResponse {
  lines?: readonly string[];
}

/**
 * Whether kilobytes pass both ways without a fault. The device, whose echo is on, echoes lines that are no commands, and
 * answers each with `ERROR`; then it lists its commands. None of that changes a setting.
 * @param known the response at a rate that works; set by the first test
 */
export async function passesData(lease: PortLease, known: KnownResponse): Promise<boolean> {
  for (let index = 0; index < LINES; index++) if (!(await passesLine(lease, index))) return false;
  const lines = await ask(lease, 'AT+CMD?');
  const before = known.lines ?? (await ask(lease, 'AT+CMD?'));
  const isEqual = isDeepStrictEqual(lines, before);
  if (isEqual) known.lines = lines;
  return isEqual;
}

/** Test lines that came back corrupt, and all that were sent. */
export interface LineCount {
  readonly corrupt: number;
  readonly all: number;
}

/**
 * Counts the lines that a device with its echo on does not send back unchanged.
 * @param maxCount lines to send at most
 * @param timeLimitMs milliseconds after which no further line begins
 */
export async function countCorruptLines(
  lease: PortLease,
  maxCount: number,
  timeLimitMs: number,
): Promise<LineCount> {
  const end = lease.now() + timeLimitMs;
  let corrupt = 0;
  let all = 0;
  while (all < maxCount && lease.now() < end) if (!(await passesLine(lease, all++))) corrupt++;
  return { corrupt, all };
}

async function passesLine(lease: PortLease, index: number): Promise<boolean> {
  const text = testLine(index);
  const received = (await ask(lease, text)).join('').replace(URCS_WITHIN, '');
  return received === `${text}ERROR`;
}

/** A text with nearly every printable character and long runs of equal bits. No part of it is a command. */
function testLine(index: number): string {
  const first = 0x21;
  const count = 0x7f - first;
  const bytes = Array.from(
    { length: LINE_BYTES },
    (_, at) => first + ((at * 7 + index * 31) % count),
  );
  return `#${String.fromCharCode(...bytes)}`.replaceAll(/[AaTt+>]/g, 'U');
}

/**
 * Sends a line, and returns the lines up to the final result code, or until the device is silent; without URCs. Ends where
 * the device is busy: the next final result code is that of another command.
 */
async function ask(lease: PortLease, text: string): Promise<string[]> {
  const lines: string[] = [];
  lease.write(Buffer.from(`${text}\r\n`, 'latin1'));
  await lease.next('afterLineEnd', (each) => {
    if (each === 'busy p...') return true;
    if (isUrc(each)) return false;
    lines.push(each);
    return isFinalResultCode(each) || 'consumed';
  });
  return lines;
}

function isUrc(text: string): boolean {
  return !text.startsWith('+CMD:') && (parseUrc(text) !== undefined || looksIntact(text));
}
